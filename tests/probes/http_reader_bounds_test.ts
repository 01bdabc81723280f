import assert from "node:assert/strict";
import { bodyRoom, HttpReader } from "../../lib/probes/http_reader.ts";
import { bytesOf, read, readText } from "./support/http_reading.ts";

/** Reads `piece` again and again; returns after how many bytes the reader wants no more. */
function flood(head: string, piece: string): { bytes: number; reader: HttpReader } {
  const reader = new HttpReader();
  reader.push(bytesOf(head));
  const more = bytesOf(piece);
  let bytes = head.length;
  while (reader.progress === "head" || reader.progress === "body") {
    reader.push(more);
    bytes += more.length;
    assert.ok(bytes < 1_000_000, `still ${reader.progress} after ${bytes} bytes`);
  }
  return { bytes, reader };
}

Deno.test("a body in chunks of one byte is read as far as any other", () => {
  const { reader } = flood("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n");
  assert.equal(reader.progress, "complete");
  assert.equal(reader.body.length, bodyRoom);
});

Deno.test("chunks that are mostly framing are given up", () => {
  const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const piece of [`1;${"x".repeat(8000)}\r\ny\r\n`, "000001\r\nx\r\n", "1;ab\nx\n"]) {
    const { bytes, reader } = flood(head, piece);
    assert.equal(reader.progress, "malformed");
    assert.equal(reader.problem, "framing of chunks over 327680 bytes");
    assert.ok(bytes <= 327_680 + bodyRoom + 9000, `${bytes}`);
  }
});

Deno.test("the last chunk is the end, however much framing there was", () => {
  const reader = new HttpReader();
  reader.push(bytesOf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
  for (let i = 0; i < 40; i++) reader.push(bytesOf(`1;${"x".repeat(8180)}\r\ny\r\n`));
  assert.equal(reader.progress, "body");
  reader.push(bytesOf(`0;${"x".repeat(8180)}\r\n`));
  assert.equal(reader.progress, "complete");
});

Deno.test("interim responses without end are too long a head", () => {
  const { bytes, reader } = flood("", "HTTP/1.1 100 Continue\r\n\r\n");
  assert.equal(reader.problem, "headers over 32768 bytes");
  assert.ok(bytes <= 32_768 + 50);
});

Deno.test("a status line that is too short is not filled up from the one before it", () => {
  const text = "HTTP/1.1 100 Continue\n\nHTTP/1.1 \n";
  const bytes = bytesOf(text);
  const reading = read(bytes, Array.from(bytes.keys()));
  assert.equal(reading.problem, "not an HTTP/1 response");
});

Deno.test("a header without a colon does not get that of the one before it", () => {
  const bytes = bytesOf("HTTP/1.1 200 OK\nabcd:x\nabcd\n\n");
  assert.equal(read(bytes, Array.from(bytes.keys())).problem, "malformed header");
});

Deno.test("a head is as long as its lines, wherever in a piece they are", () => {
  const interim = `HTTP/1.1 103 Early\n${`X: ${"y".repeat(96)}\n`.repeat(300)}\n`;
  const final = "HTTP/1.1 204 No\n\n";
  assert.ok(interim.length > 30_000);
  assert.equal(readText(interim + final).progress, "complete");
  const chunk = `1;${"x".repeat(8000)}\ny\n`;
  const head = "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n";
  assert.equal(readText(`${head}${chunk.repeat(40)}0\n`).body, "y".repeat(40));
});

Deno.test("framing of 327,680 bytes is the most", () => {
  const head = "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n";
  // 8,192 bytes of framing each: the size with its line end, and the line end of the chunk.
  const chunk = `1;${"x".repeat(8188)}\ny\n`;
  assert.equal(readText(head + chunk.repeat(40)).progress, "body");
  assert.equal(
    readText(`${head}${chunk.repeat(40)}1\ny`).problem,
    "framing of chunks over 327680 bytes",
  );
});

Deno.test("a header is only what it is called, whatever is as long", () => {
  for (const name of ["X-234567890123", "Dontent-Length", "Content-Lengti", "X-234567890123456"]) {
    const reading = readText(`HTTP/1.1 200 OK\n${name}: 1\n\nbody`, true);
    assert.equal(reading.body, "body", name);
  }
});

Deno.test("who does not want a body does not care how long it is", () => {
  const reader = new HttpReader(false);
  reader.push(bytesOf("HTTP/1.1 200 OK\nContent-Length: none\n\n"));
  assert.equal(reader.progress, "complete");
});
