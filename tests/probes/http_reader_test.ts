import assert from "node:assert/strict";
import fc from "fast-check";
import { bodyRoom, HttpReader } from "../../lib/probes/http_reader.ts";
import { bytesOf, read, readText } from "./support/http_reading.ts";

const latin1 = new TextDecoder("latin1");

const complete: readonly (readonly [name: string, text: string, status: number, body: string])[] = [
  ["a sized body", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n and more", 200, "ok\n"],
  ["no body at all", "HTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n", 200, ""],
  ["a status without a reason", "HTTP/1.1 204\r\n\r\n", 204, ""],
  ["an HTTP/1.0 response", "HTTP/1.0 404 Not Found\r\nContent-Length: 1\r\n\r\nx", 404, "x"],
  ["bare line feeds", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", 200, "ok"],
  ["a length given twice alike", "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok", 200, "ok"],
  [
    "chunks with extensions and trailers",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n00A\r\n0123456789\r\n0\r\nT: v\r\n\r\n",
    200,
    "abc0123456789",
  ],
  [
    "chunks although a length is given too",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    200,
    "ok",
  ],
  [
    "interim responses before the final one",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n",
    503,
    "",
  ],
  ["a folded header", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 1\r\n\r\nx", 200, "x"],
  ["a status that has no body", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", 304, ""],
];

for (const [name, text, status, body] of complete) {
  Deno.test(`the reader understands ${name}`, () => {
    assert.deepEqual(readText(text), { progress: "complete", status, problem: "", body });
  });
}

const malformed: readonly (readonly [name: string, text: string, problem: string])[] = [
  ["another protocol", "SSH-2.0-OpenSSH_9.2\r\n", "not an HTTP/1 response"],
  ["another protocol whose line does not end", "220 ready", "not an HTTP/1 response"],
  ["HTTP/2", "HTTP/2 200 OK\r\n", "not an HTTP/1 response"],
  ["a status of two digits", "HTTP/1.1 20 OK\r\n", "not an HTTP/1 response"],
  ["a status of four digits", "HTTP/1.1 2000 OK\r\n", "not an HTTP/1 response"],
  ["a status below 100", "HTTP/1.1 099 No\r\n", "not an HTTP/1 response"],
  ["a header without a colon", "HTTP/1.1 200 OK\r\nnonsense\r\n", "malformed header"],
  ["a header without a name", "HTTP/1.1 200 OK\r\n: x\r\n", "malformed header"],
  ["a space before the colon", "HTTP/1.1 200 OK\r\nA : x\r\n", "malformed header"],
  [
    "a length that is none",
    "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n",
    "invalid content-length",
  ],
  [
    "two lengths that differ",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
    "invalid content-length",
  ],
  [
    "a chunk size that is none",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
    "malformed chunk",
  ],
  [
    "a chunk that is longer than it said",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
    "malformed chunk",
  ],
  ["an endless line", `HTTP/1.1 200 ${"x".repeat(9000)}`, "line over 8192 bytes"],
  [
    "endless headers",
    `HTTP/1.1 200 OK\r\n${"X-Filler: 0123456789\r\n".repeat(2000)}`,
    "headers over 32768 bytes",
  ],
  [
    "endless interim responses",
    "HTTP/1.1 100 Continue\r\n\r\n".repeat(2000),
    "headers over 32768 bytes",
  ],
];

for (const [name, text, problem] of malformed) {
  Deno.test(`the reader refuses ${name}`, () => {
    const reading = readText(text);
    assert.equal(reading.progress, "malformed");
    assert.equal(reading.problem, problem);
  });
}

Deno.test("the reader tells where a connection was closed", () => {
  const head = "HTTP/1.1 200 OK\r\n";
  const closed = (text: string) => readText(text, true).problem;
  assert.equal(closed(""), "connection closed before a response");
  assert.equal(closed("HTT"), "connection closed within the headers");
  assert.equal(closed(head), "connection closed within the headers");
  assert.equal(closed(`${head}Content-Length: 5\r\n\r\nabc`), "connection closed within the body");
  assert.equal(
    closed(`${head}Transfer-Encoding: chunked\r\n\r\n5\r\nabc`),
    "connection closed within the body",
  );
  assert.deepEqual(readText(`${head}\r\nabc`, true), {
    progress: "complete",
    status: 200,
    problem: "",
    body: "abc",
  });
});

Deno.test("a reader that wants no body is content with the head", () => {
  const reader = new HttpReader(false);
  reader.push(bytesOf("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
  assert.equal(reader.progress, "head");
  reader.push(bytesOf("Content-Length: 5\r\n\r\nhe"));
  assert.equal(reader.progress, "complete");
  assert.equal(reader.status, 200);
  assert.equal(reader.body.length, 0);
});

Deno.test("the reader stops at 64 KiB of body", () => {
  const long = "x".repeat(bodyRoom + 10);
  for (const header of ["A: b", "Content-Length: 70000"]) {
    const reading = readText(`HTTP/1.1 200 OK\r\n${header}\r\n\r\n${long}`);
    assert.equal(reading.progress, "complete");
    assert.equal(reading.body.length, bodyRoom);
  }
});

/** Pieces that make the deeper states of the reader likely. */
const fragment = fc.oneof(
  fc.constantFrom(
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.0 503\n",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "Content-Length: 5\r\n",
    "content-length:  7 \r\n",
    "Transfer-Encoding: chunked\r\n",
    "X: y\r\n",
    " folded\r\n",
    "\r\n",
    "\n",
    "5\r\nhello\r\n",
    "0\r\n\r\n",
    "fffff\r\n",
    "body",
  ),
  fc.string({ unit: "binary-ascii", maxLength: 20 }),
  fc.constant("A".repeat(5000)),
);

Deno.test("whatever comes, however it is cut, the reader comes to one bounded result", () => {
  fc.assert(
    fc.property(
      fc.array(fragment, { maxLength: 12 }),
      fc.array(fc.nat(2000), { maxLength: 20 }),
      fc.boolean(),
      (fragments, cuts, closes) => {
        const bytes = bytesOf(fragments.join(""));
        const whole = read(bytes, [], closes);
        assert.deepEqual(read(bytes, cuts, closes), whole);
        assert.deepEqual(read(bytes, Array.from(bytes.keys()).slice(0, 3000), closes), whole);
        assert.ok(whole.body.length <= bodyRoom);
        assert.equal(whole.problem !== "", whole.progress === "malformed");
        if (closes) assert.notEqual(whole.progress, "head");
      },
    ),
    { seed: 20261121, numRuns: 400 },
  );
});

Deno.test("arbitrary bytes never throw", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (tail, valid) => {
      const head = valid ? bytesOf("HTTP/1.1 200 OK\r\n") : new Uint8Array(0);
      const bytes = new Uint8Array([...head, ...tail]);
      assert.deepEqual(read(bytes, Array.from(bytes.keys()), true), read(bytes, [], true));
    }),
    { seed: 20261121, numRuns: 1000 },
  );
});

/** A response without a body in which one header line has `length` bytes, the CR included. */
function withLine(length: number): string {
  return `HTTP/1.1 204 No\r\nX: ${"y".repeat(length - 4)}\r\n\r\n`;
}

/** A response without a body whose head has `length` bytes. */
function withHead(length: number): string {
  const [start, end] = ["HTTP/1.1 204 No\n", "\n"];
  const line = `X: ${"y".repeat(96)}\n`;
  const lines = line.repeat(Math.floor((length - start.length - end.length - 10) / line.length));
  const last = length - start.length - lines.length - end.length;
  return `${start}${lines}X: ${"y".repeat(last - 4)}\n${end}`;
}

Deno.test("a line of 8,192 bytes is the longest, in one piece or in two", () => {
  for (const cuts of [[], [5000], [8203]]) {
    const progress = (length: number) => read(bytesOf(withLine(length)), cuts).progress;
    assert.equal(progress(8192), "complete", cuts.join());
    assert.equal(progress(8193), "malformed", cuts.join());
  }
  const status = (length: number) =>
    readText(`HTTP/1.1 204 ${"x".repeat(length - 13)}\n\n`).progress;
  assert.equal(status(8192), "complete");
  assert.equal(status(8193), "malformed");
});

Deno.test("a head of 32,768 bytes is the longest, up to the line that ends it", () => {
  assert.equal(withHead(32_768).length, 32_768);
  assert.equal(readText(withHead(32_768)).progress, "complete");
  assert.equal(readText(withHead(32_768).slice(0, -1)).progress, "head");
  // The empty line that is too much is the end all the same.
  assert.equal(readText(withHead(32_769)).progress, "complete");
  assert.equal(readText(withHead(32_770)).problem, "headers over 32768 bytes");
});

Deno.test("a size is a whole number that a number holds exactly, in hex in a chunk", () => {
  const chunk = (size: string) =>
    readText(`HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n${size}\nabc`).progress;
  assert.equal(chunk("000001fffffffffffff"), "body");
  assert.equal(chunk("20000000000000"), "malformed");
  assert.equal(chunk("f".repeat(1000)), "malformed");
  assert.equal(chunk("1g"), "malformed");
  assert.equal(chunk("1/"), "malformed");
  assert.equal(chunk("1:"), "malformed");
  assert.equal(chunk("@"), "malformed");
  assert.equal(chunk("`"), "malformed");
  assert.equal(chunk("3 ; x"), "body");
  assert.equal(chunk("3x"), "malformed");
  assert.equal(chunk(""), "malformed");
  const sized = (length: string) => readText(`HTTP/1.1 200 OK\nContent-Length: ${length}\n\nx`);
  assert.equal(sized("9007199254740991").progress, "body");
  assert.equal(sized("9007199254740992").problem, "invalid content-length");
  assert.equal(sized("1,1 , 1").progress, "complete");
  assert.equal(sized("1, 2").problem, "invalid content-length");
  assert.equal(sized("").problem, "invalid content-length");
});

Deno.test("one length may be given twice, two may not", () => {
  const lengths = (first: string, second: string) =>
    readText(`HTTP/1.1 200 OK\nContent-Length: ${first}\nContent-Length: ${second}\n\nx`);
  assert.equal(lengths("1", "1").progress, "complete");
  assert.equal(lengths("0", "1").problem, "invalid content-length");
});

Deno.test("what an interim response says of lengths and codings ends with it", () => {
  const interim = "HTTP/1.1 103 Early\nContent-Length: 9\nTransfer-Encoding: chunked\n\n";
  assert.deepEqual(readText(`${interim}HTTP/1.1 200 OK\nContent-Length: 1\n\nx`), {
    ...{ progress: "complete", status: 200, problem: "", body: "x" },
  });
  assert.equal(readText("HTTP/1.1 199 Soon\n\n").progress, "head");
  assert.equal(
    readText("HTTP/1.1 100 Go on\n\n", true).problem,
    "connection closed within the headers",
  );
});

Deno.test("responses of some statuses have no body, whatever they say", () => {
  for (const status of [101, 204, 304]) {
    const reading = readText(`HTTP/1.1 ${status} X\nContent-Length: 9\n\n`);
    assert.equal(reading.progress, "complete", `${status}`);
    assert.equal(reading.status, status);
  }
  for (const status of [200, 203, 205, 303, 305]) {
    assert.equal(readText(`HTTP/1.1 ${status} X\n\n`).progress, "body", `${status}`);
  }
});

Deno.test("a coding is chunked only if that is its last part", () => {
  const coded = (coding: string) =>
    readText(`HTTP/1.1 200 OK\nTransfer-Encoding: ${coding}\n\n1\nx\n0\n\n`, true).body;
  assert.equal(coded("chunked"), "x");
  assert.equal(coded("gzip,\tCHUNKED"), "x");
  assert.equal(coded("chunked, gzip"), "1\nx\n0\n\n");
  assert.equal(coded("xchunked"), "1\nx\n0\n\n");
});

Deno.test("each character of a header's name has to be a token's", () => {
  for (let code = 0; code < 256; code++) {
    const char = String.fromCharCode(code);
    if (char === "\n" || char === ":") continue;
    const isToken = /[A-Za-z0-9!#$%&'*+\-.^_`|~]/.test(char);
    const { progress } = readText(`HTTP/1.1 204 X\na${char}b: c\n\n`);
    assert.equal(progress, isToken ? "complete" : "malformed", JSON.stringify(char));
  }
});

Deno.test("a line that begins with a space or a tab continues the one before it", () => {
  for (const first of [" ", "\t"]) {
    const text = `HTTP/1.1 200 OK\nX: a\n${first}Content-Length: 1\nContent-Length: 2\n\nab`;
    assert.equal(readText(text).body, "ab");
  }
});

Deno.test("a status line has its parts in their places", () => {
  for (const line of ["HTTP/1.x 200 OK", "HTTP/1.1_200 OK", "HTTP/1.1 2x0 OK", "HTTP/1.1 200OK"]) {
    assert.equal(readText(`${line}\n`).problem, "not an HTTP/1 response", line);
  }
  for (const [line, status] of [["HTTP/1.9 100", 100], ["HTTP/1.0 999 ", 999]] as const) {
    const reader = new HttpReader();
    reader.push(bytesOf(`${line}\r\n`));
    assert.equal(reader.progress, "head", line);
    assert.equal(reader.status, status);
  }
});

Deno.test("a body that grows in pieces is kept whole, up to the last byte of 64 KiB", () => {
  const text = Array.from({ length: bodyRoom }, (_, i) => String.fromCharCode(i % 251)).join("");
  for (const piece of [1, 700, 1023, 1024, 1025, 40_000, bodyRoom]) {
    const reader = new HttpReader();
    reader.push(bytesOf("HTTP/1.1 200 OK\r\n\r\n"));
    for (let at = 0; at < bodyRoom; at += piece) {
      assert.equal(reader.progress, "body");
      reader.push(bytesOf(text.slice(at, at + piece)));
    }
    assert.equal(reader.progress, "complete");
    assert.equal(latin1.decode(reader.body), latin1.decode(bytesOf(text)));
  }
});

Deno.test("only as many bytes are read as are said to be there", () => {
  const reader = new HttpReader();
  const bytes = bytesOf("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  reader.push(bytes, bytes.length - 1);
  assert.equal(reader.progress, "body");
  reader.push(bytes.subarray(-1), 1);
  assert.equal(latin1.decode(reader.body), "ok");
});

Deno.test("nothing is read after the end, and a second end changes nothing", () => {
  const reader = new HttpReader();
  reader.push(bytesOf("HTTP/1.1 204 X\r\n\r\nHTTP/1.1 500 X\r\n\r\n"));
  reader.end();
  assert.equal(reader.status, 204);
  assert.equal(reader.progress, "complete");
  const broken = new HttpReader();
  broken.push(bytesOf("nonsense"));
  broken.end();
  assert.equal(broken.problem, "not an HTTP/1 response");
});
