import assert from "node:assert/strict";
import fc from "fast-check";
import type { H2Field } from "../../../lib/h2/mod.ts";
import { HpackDecoder, HpackEncoder } from "../../../lib/h2/hpack/mod.ts";
import { hex, octets } from "../support/wire.ts";

const response: H2Field[] = [
  [":status", "200"],
  ["content-type", "application/grpc+proto"],
];

Deno.test("a repeated response costs an octet per field", () => {
  const encoder = new HpackEncoder(4096);
  assert.equal(encoder.encode(response).length > 10, true);
  assert.deepEqual(encoder.encode(response), octets(0x88, 0xbe));
});

Deno.test("credentials are never indexed", () => {
  const encoder = new HpackEncoder(4096);
  const block = encoder.encode([["set-cookie", "a"]]);
  assert.deepEqual(block, hex("1f28 0161"));
  assert.equal(encoder.tableSize, 0);
});

Deno.test("values that do not repeat stay out of the table", () => {
  const encoder = new HpackEncoder(4096);
  encoder.encode([["grpc-message", "backend nginx0 is unknown"], ["content-length", "17"]]);
  assert.equal(encoder.tableSize, 0);
});

Deno.test("a field of up to a quarter of the table enters it, a larger one does not", () => {
  const encoder = new HpackEncoder(4096);
  // 32 octets besides name and value: 1,024 and 1,025 octets.
  encoder.encode([["x", "y".repeat(992)]]);
  assert.equal(encoder.tableSize, 0);
  encoder.encode([["x", "y".repeat(991)]]);
  assert.equal(encoder.tableSize, 1024);
});

Deno.test("each secret and each unrepeated field is written as what it is", () => {
  const secrets = ["authorization", "cookie", "proxy-authorization", "set-cookie"];
  const unrepeated = [
    ...[":path", "content-length", "date", "etag", "grpc-message", "grpc-status-details-bin"],
    ...["last-modified", "location"],
  ];
  for (const [names, pattern] of [[secrets, 0x10], [unrepeated, 0]] as const) {
    for (const name of names) {
      const encoder = new HpackEncoder(4096);
      const [first = 0] = encoder.encode([[name, "some value"]]);
      assert.equal(first & 0xf0, pattern, name);
      assert.equal(encoder.tableSize, 0, name);
    }
  }
});

Deno.test("the latest entry of a name serves where no value fits, and goes when it is evicted", () => {
  const encoder = new HpackEncoder(4096);
  encoder.encode([["x-trace", "a"]]);
  // Literal with indexing, its name at index 62.
  assert.deepEqual(encoder.encode([["x-trace", "b"]]), octets(0x7e, 1, 0x62));
  assert.deepEqual(encoder.encode([["x-trace", "a"], ["x-trace", "b"]]), octets(0xbf, 0xbe));
  encoder.setPeerLimit(40);
  // 40 octets have room for the newer entry only, and none is worth indexing any more.
  assert.deepEqual(
    encoder.encode([["x-trace", "b"], ["x-trace", "a"]]),
    octets(0x3f, 9, 0xbe, 0x0f, 47, 1, 0x61),
  );
});

Deno.test("a table whose size stays is not announced, one that changes twice with the least", () => {
  const encoder = new HpackEncoder(4096);
  encoder.setPeerLimit(4096);
  assert.deepEqual(encoder.encode([[":status", "200"]]), octets(0x88));
  for (const size of [100, 50, 200]) encoder.setPeerLimit(size);
  assert.deepEqual(encoder.encode([[":status", "200"]]), octets(0x3f, 19, 0x3f, 0xa9, 1, 0x88));
  for (const size of [300, 250]) encoder.setPeerLimit(size);
  assert.deepEqual(encoder.encode([[":status", "200"]]), octets(0x3f, 0xdb, 1, 0x88));
});

Deno.test("a string is Huffman-coded only where that is shorter", () => {
  const encoder = new HpackEncoder(0);
  // ">" has 12 bits, "0" has 5: ">0" takes 17 bits, three octets instead of two.
  assert.deepEqual(
    encoder.encode([["etag", ">0"]]),
    octets(0x20, 0x0f, 19, 2, 0x3e, 0x30),
  );
  // Three octets either way.
  assert.deepEqual(encoder.encode([["etag", ">00"]]), octets(0x0f, 19, 3, 0x3e, 0x30, 0x30));
  assert.deepEqual(encoder.encode([["etag", "000"]]), octets(0x0f, 19, 0x82, 0, 1));
});

Deno.test("strings of all lengths around those of their prefix come through, coded or not", () => {
  const decoder = new HpackDecoder(4096);
  const encoder = new HpackEncoder(4096);
  for (const coded of [126, 127, 128, 200, 254, 255, 256]) {
    // Eight characters of five bits are five octets; one that is longer coded is not coded.
    const values = ["0".repeat(Math.floor(coded * 8 / 5)), ">".repeat(coded)];
    for (const value of values) {
      const { fields } = decoder.decode(encoder.encode([["etag", value]]), 10_000);
      assert.deepEqual(fields, [["etag", value]]);
    }
  }
});

Deno.test("a table shrunk and grown again is announced with both sizes", () => {
  const encoder = new HpackEncoder(4096);
  encoder.encode(response);
  encoder.setPeerLimit(0);
  encoder.setPeerLimit(4096);
  assert.deepEqual(encoder.encode([[":status", "200"]]), hex("20 3fe11f 88"));
  assert.equal(encoder.tableSize, 0);
});

Deno.test("a peer that allows a large table gets no more than the cap", () => {
  const encoder = new HpackEncoder(4096);
  encoder.setPeerLimit(1 << 30);
  assert.deepEqual(encoder.encode([[":status", "200"]]), octets(0x88));
});

Deno.test("a cap below 4,096 is announced with the first block", () => {
  const encoder = new HpackEncoder(0);
  assert.deepEqual(encoder.encode([[":status", "200"]]), octets(0x20, 0x88));
});

const field = fc.tuple(
  fc.oneof(
    fc.constantFrom(":status", "content-type", "grpc-status", "cookie", "x-trace"),
    fc.string({ maxLength: 20 }),
  ),
  fc.oneof(fc.constantFrom("200", "0", "application/grpc"), fc.string({ maxLength: 600 })),
).map(([name, value]): H2Field => [latin1(name), latin1(value)]);

function latin1(text: string): string {
  return Array.from(text, (c) => String.fromCharCode(c.charCodeAt(0) & 0xff)).join("");
}

Deno.test("what is encoded decodes to itself, whatever the table sizes do in between", () => {
  const step = fc.record({
    fields: fc.array(field, { maxLength: 12 }),
    limit: fc.option(fc.integer({ min: 0, max: 5000 }), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const encoder = new HpackEncoder(4096);
      const decoder = new HpackDecoder(4096);
      for (const { fields, limit } of steps) {
        if (limit !== undefined) encoder.setPeerLimit(limit);
        assert.deepEqual(decoder.decode(encoder.encode(fields), 1_000_000).fields, fields);
        assert.equal(encoder.tableSize, decoder.tableSize);
      }
    }),
    { seed: 7541, numRuns: 300 },
  );
});
