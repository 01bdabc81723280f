import assert from "node:assert/strict";
import * as lines from "../../lib/probes/http_lines.ts";

/** A line's octets with others before and behind, and where it begins and ends. */
function line(text: string): [Uint8Array, number, number] {
  const bytes = Uint8Array.from(`7${text}7`, (character) => character.charCodeAt(0));
  return [bytes, 1, bytes.length - 1];
}

const header = (text: string, wanted?: string) =>
  lines.parseHeaderLine(...line(text), wanted ? new TextEncoder().encode(wanted) : undefined);

Deno.test("what may become a status line begins as one does", () => {
  for (const text of ["", "H", "HTTP/1.", "HTTP/1.1 200 OK"]) {
    assert.equal(lines.startsStatusLine(...line(text)), true, text);
  }
  for (const text of ["h", "HTTP/2", "SSH-2.0"]) {
    assert.equal(lines.startsStatusLine(...line(text)), false, text);
  }
});

Deno.test("a status line has a minor version, three digits, and a blank before its reason", () => {
  const status = (text: string) => lines.parseStatusLine(...line(text));
  for (const text of ["HTTP/1.1 200", "HTTP/1.0 200 OK", "HTTP/1.1 200 \r", "HTTP/1.9 200\r"]) {
    assert.equal(status(text), 200, text);
  }
  assert.deepEqual([status("HTTP/1.1 100"), status("HTTP/1.1 999")], [100, 999]);
  for (
    const text of [
      ...["HTTP/1.1 20", "HTTP/1.1 099", "HTTP/1.1 2x0", "HTTP/1.1 x00", "HTTP/1.1 20:"],
      ...["HTTP/1.x 200", "HTTP/1.1_200", "HTTP/1.1 2000", "HTTP/2.0 200", "HTTP/1.1 20\r"],
    ]
  ) {
    assert.equal(status(text), undefined, text);
  }
});

Deno.test("of headers those that tell the body's end are read, in whatever case", () => {
  assert.deepEqual(header("Content-Length:\t 5 \r"), { kind: "content-length", value: "5" });
  assert.deepEqual(header("TRANSFER-encoding:chunked"), {
    ...{ kind: "transfer-encoding", value: "chunked" },
  });
  assert.deepEqual(header("X-Server: a:b", "x-server"), { kind: "wanted", value: "a:b" });
  assert.deepEqual(header("X-Server: \xe9", "x-server"), { kind: "wanted", value: "\xe9" });
  for (const text of ["X-Server: a", "Content-Lengt: 5", "Content-Lengthy: 5", "a:", " folded"]) {
    assert.deepEqual(header(text), { kind: "other" }, text);
  }
  assert.deepEqual(header("\tx-server: a", "x-server"), { kind: "other" }, "a line goes on");
  for (const text of ["", "\r"]) assert.deepEqual(header(text), { kind: "end" });
});

Deno.test("a header without a name, or with one that is none, is malformed", () => {
  for (const text of [":v", "no colon", "name : v", "na me: v", "n\xe9: v", "n\0: v"]) {
    assert.deepEqual(header(text), { kind: "malformed" }, text);
  }
});

Deno.test("a length is one number, however often it is said", () => {
  const { parseContentLength: length } = lines;
  assert.deepEqual(["0", "42", "42 ,\t42,42", "9007199254740991"].map(length), [
    ...[0, 42, 42, Number.MAX_SAFE_INTEGER],
  ]);
  for (const value of ["", "-1", "+1", "1.0", "0x1", "4,5", "4,", ",4", "9007199254740992"]) {
    assert.equal(length(value), undefined, value);
  }
});

Deno.test("a chunk's size is hexadecimal, extensions and blanks do not count", () => {
  const size = (text: string) => lines.parseChunkSize(...line(text));
  const good = { "0": 0, "aF": 175, "10\r": 16, "1 \t": 1, "1;a=b": 1, "1 ;a": 1, "0009": 9 };
  for (const [text, bytes] of Object.entries(good)) assert.equal(size(text), bytes, text);
  assert.equal(size("1fffffffffffff"), Number.MAX_SAFE_INTEGER);
  for (const text of ["", "\r", " 1", "g", "1g", "-1", "0x1", "1 1", "20000000000000", "1:", "@"]) {
    assert.equal(size(text), undefined, text);
  }
});

Deno.test("a line is empty with its carriage return or without", () => {
  assert.deepEqual(
    ["", "\r", "\r\r", " "].map((text) => lines.isEmptyLine(...line(text))),
    [true, true, false, false],
  );
});
