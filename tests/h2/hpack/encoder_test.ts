import assert from "node:assert/strict";
import fc from "fast-check";
import type { H2Field } from "../../../lib/h2/mod.ts";
import { HpackDecoder, HpackEncoder } from "../../../lib/h2/hpack/mod.ts";
import { hex, octets } from "../testing/wire.ts";

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
