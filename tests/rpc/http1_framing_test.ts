import fc from "fast-check";
import assert from "node:assert/strict";
import { Http1Framing } from "../../lib/rpc/http1_framing.ts";
import type { Http1Side } from "../../lib/rpc/http1_framing.ts";

const seed = 20261121;
const encoder = new TextEncoder();

function pass(side: Http1Side, text: string, lengths: readonly number[] = [text.length || 1]) {
  const framing = new Http1Framing(side);
  const bytes = encoder.encode(text);
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length] ?? 1;
    framing.pass(bytes.subarray(at, at + length));
    at += length;
  }
  return framing;
}

const requests = [
  "GET / HTTP/1.1\r\nhost: a\r\n\r\n",
  "POST /x HTTP/1.1\r\nhost: a\r\nContent-Length: 5\r\n\r\nhello",
  "POST /x HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n",
  "POST /x HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n3;ext=1\r\nabc\r\n0\r\n\r\n",
  "POST /x HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\nx-trailer: 1\r\n\r\n",
];

const responses = [
  "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
  "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\na\r\n0123456789\r\n0\r\n\r\n",
];

for (const [side, texts] of [["request", requests], ["response", responses]] as const) {
  Deno.test(`${side}s are counted however their bytes are split`, () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...texts), { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 10 }),
        (chosen, lengths) => {
          const framing = pass(side, chosen.join(""), lengths);
          assert.equal(framing.complete, chosen.length);
          assert.equal(framing.partial, false);
        },
      ),
      { seed, numRuns: 300 },
    );
  });

  Deno.test(`a ${side} that lacks its last byte is partial`, () => {
    for (const text of texts) {
      const framing = pass(side, text.slice(0, -1));
      assert.deepEqual([framing.complete, framing.partial], [0, true]);
    }
  });
}

Deno.test("a response to HEAD ends with its header, whatever length it announces", () => {
  const requests = new Http1Framing("request");
  requests.pass(encoder.encode("HEAD / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n"));
  const answers = new Http1Framing("response", requests);
  answers.pass(encoder.encode("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"));
  assert.deepEqual([answers.complete, answers.partial], [1, false]);
  answers.pass(encoder.encode("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"));
  assert.deepEqual([answers.complete, answers.partial], [1, true]);
});

Deno.test("what is not understood is one endless message, and never an exception", () => {
  for (const text of ["HTTP/1.1 200 OK\r\n\r\nuntil the end", "x".repeat(70_000)]) {
    const framing = pass("response", text);
    assert.deepEqual([framing.complete, framing.partial], [0, true]);
  }
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.integer({ min: 1, max: 9 }),
      (bytes, step) => {
        const framing = new Http1Framing("request");
        for (let at = 0; at < bytes.length; at += step) framing.pass(bytes.subarray(at, at + step));
      },
    ),
    { seed, numRuns: 500 },
  );
});
