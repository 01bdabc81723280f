import fc from "fast-check";
import { deepEqual, equal, throws } from "node:assert/strict";
import { ChunkDecoder } from "../../lib/h1/chunks.ts";
import { BadRequest } from "../../lib/h1/errors.ts";

const seed = 20261121;
const trailerBytes = 100;
const encoder = new TextEncoder();

/** Decodes a body that comes in pieces of these lengths. */
function decode(body: string, lengths: readonly number[] = [body.length || 1]) {
  const decoder = new ChunkDecoder(trailerBytes);
  const bytes = encoder.encode(body);
  let data = "";
  let at = 0;
  for (let piece = 0; at < bytes.length && !decoder.done; piece++) {
    let rest = bytes.subarray(at, at + (lengths[piece % lengths.length] ?? 1));
    while (rest.length > 0 && !decoder.done) {
      const read = decoder.read(rest);
      data += new TextDecoder().decode(read.data);
      rest = rest.subarray(read.used);
      at += read.used;
    }
  }
  return { data, rest: body.slice(at), done: decoder.done, trailers: decoder.trailers };
}

Deno.test("chunks are joined, and what follows the last one is left", () => {
  deepEqual(decode("5\r\nhello\r\n1;a=b\r\n,\r\n0006 \t\r\n world\r\n0\r\n\r\nGET /"), {
    data: "hello, world",
    rest: "GET /",
    done: true,
    trailers: [],
  });
});

Deno.test("trailer fields are read", () => {
  const { trailers, done } = decode("0;last\r\nX-Sum: 1\r\nx-two:2\r\n\r\n");
  deepEqual([trailers, done], [[["x-sum", "1"], ["x-two", "2"]], true]);
});

Deno.test("nothing is used of what follows the end", () => {
  const decoder = new ChunkDecoder(trailerBytes);
  decoder.read(encoder.encode("0\r\n"));
  decoder.read(encoder.encode("\r\n"));
  deepEqual(decoder.read(encoder.encode("x")), { used: 0, data: undefined });
});

Deno.test("a body is the same however its octets are split", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: "binary-ascii", minLength: 1, maxLength: 40 }), { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 10 }),
      (chunks, lengths) => {
        const body = chunks.map((text) => `${text.length.toString(16)}\r\n${text}\r\n`).join("");
        const decoded = decode(`${body}0\r\nx: y\r\n\r\nrest`, lengths);
        equal(decoded.data, chunks.join(""));
        equal(decoded.rest, "rest");
        deepEqual(decoded.trailers, [["x", "y"]]);
      },
    ),
    { seed, numRuns: 300 },
  );
});

Deno.test("whatever is not there yet is waited for", () => {
  const body = "5\r\nhello\r\n0\r\nx: y\r\n\r\n";
  for (let length = 1; length < body.length; length++) {
    equal(decode(body.slice(0, length)).done, false, body.slice(0, length));
  }
});

const tooLong = "a line is too long";
const noCrLf = "a line ends without CR";
const badSize = "the size of a chunk is malformed";
const badData = "a chunk is longer than its size";

Deno.test("what two readers could take for different chunks is refused", () => {
  const refused: [message: string, body: string][] = [
    [noCrLf, "5\nhello\r\n"],
    [noCrLf, "\n"],
    [badSize, "\r\n"],
    [badSize, "zz\r\n"],
    [badSize, " 5\r\n"],
    [badSize, "0x5\r\n"],
    [badSize, "-5\r\n"],
    [badSize, "+5\r\n"],
    [badSize, "5 5\r\n"],
    [badSize, "5;\x01\r\n"],
    [badSize, "5\r\r\n"],
    [badSize, "123456789\r\n"],
    [badData, "5\r\nhello5\r\n"],
    [noCrLf, "5\r\nhello\n"],
    [badData, "5\r\nhello!!!\r\n"],
    [tooLong, `5;${"x".repeat(253)}\r\n`],
    [tooLong, "5".repeat(257)],
    ["a field's name is malformed", "0\r\n folded\r\n\r\n"],
    [noCrLf, "0\r\nx: y\n\r\n"],
    [tooLong, `0\r\nx: ${"y".repeat(100)}`],
    [tooLong, `0\r\n${"x: yyyy\r\n".repeat(11)}\r\n`],
  ];
  for (const [message, body] of refused) {
    for (const lengths of [[1], [body.length]]) {
      throws(() => decode(body, lengths), new BadRequest(400, message), JSON.stringify(body));
    }
  }
});

Deno.test("lines may be as long as they may be", () => {
  equal(decode(`5;${"x".repeat(252)}\r\nhello\r\n`).data, "hello");
  equal(decode("0\r\n" + "x: yyyyy\r\n".repeat(9) + "x: yyy\r\n\r\n").done, true);
  equal(decode("0fffffff\r\nx").data, "x");
  const text = "abcdefghijklmnopqrstuvwxyz";
  equal(decode(`1A\r\n${text}\r\n1a\r\n${text}\r\n0\r\n\r\n`).data, text + text);
});
