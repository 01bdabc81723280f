import assert from "node:assert/strict";
import { HpackDecoder } from "../../../lib/h2/hpack/mod.ts";
import { block, hex, join, octets } from "../support/wire.ts";

function decode(bytes: Uint8Array, maxSize = 10_000): readonly (readonly [string, string])[] {
  return new HpackDecoder(4096).decode(bytes, maxSize).fields;
}

Deno.test("an index that is 0 or in neither table is refused", () => {
  assert.throws(() => decode(octets(0x80)), /no field at index 0/);
  assert.throws(() => decode(octets(0xbe)), /no field at index 62/);
  assert.throws(() => decode(octets(0x7f, 0x20, 1, 0x61)), /no field at index 95/);
});

Deno.test("the first and the last of the static table are followed by the newest of the other", () => {
  const decoder = new HpackDecoder(4096);
  decoder.decode(hex("4001 6101 62"), 1000);
  assert.deepEqual(decoder.decode(octets(0x81, 0xbd, 0xbe), 1000).fields, [
    [":authority", ""],
    ["www-authenticate", ""],
    ["a", "b"],
  ]);
});

Deno.test("a string or field that is cut off is refused", () => {
  const whole = block([["name", "value"]]);
  for (let length = 1; length < whole.length; length++) {
    assert.throws(() => decode(whole.subarray(0, length)), /runs past the end|in the middle/);
  }
});

Deno.test("a dynamic table size update is obeyed at the start of a block only", () => {
  const decoder = new HpackDecoder(4096);
  decoder.decode(hex("4001 6101 62"), 1000);
  assert.equal(decoder.tableSize, 34);
  decoder.decode(octets(0x20, 0x3f, 0x45, 0x82), 1000);
  assert.equal(decoder.tableSize, 0);
  assert.throws(() => decoder.decode(octets(0x82, 0x20), 1000), /after the first field/);
});

Deno.test("a dynamic table size update above the limit is refused", () => {
  // 4097 = 31 + 4066
  assert.throws(() => decode(octets(0x3f, 0xe2, 0x1f)), /4097 octets asked for, 4096 allowed/);
});

Deno.test("a lowered limit has to be confirmed by the next block", () => {
  const decoder = new HpackDecoder(4096);
  decoder.setLimit(100);
  assert.throws(() => decoder.decode(octets(0x82), 1000), /size update is missing/);
  const polite = new HpackDecoder(4096);
  polite.setLimit(100);
  assert.deepEqual(polite.decode(octets(0x3f, 69, 0x82), 1000).fields, [[":method", "GET"]]);
});

Deno.test("a limit above 4,096 grows the table only when the peer says so", () => {
  const decoder = new HpackDecoder(4096, 8192);
  const large = block([["x", "y".repeat(3000)]]);
  large[0] = 0x40;
  decoder.decode(large, 10_000);
  decoder.decode(large, 10_000);
  assert.equal(decoder.tableSize, 3033);
  decoder.decode(hex("3fe13f"), 10_000);
  decoder.decode(large, 10_000);
  assert.equal(decoder.tableSize, 6066);
});

Deno.test("fields beyond the size limit are left out and still enter the table", () => {
  const decoder = new HpackDecoder(4096);
  const first = decoder.decode(join(hex("4001 6101 62"), hex("4001 6301 64")), 40);
  assert.deepEqual(first, { fields: [["a", "b"]], size: 68 });
  assert.deepEqual(decoder.decode(octets(0xbe), 1000).fields, [["c", "d"]]);
});

Deno.test("octets above ASCII come through as one character each", () => {
  assert.deepEqual(decode(block([["x", "\xff\x80"]])), [["x", "\xff\x80"]]);
});

Deno.test("a string of 60,000 octets is decoded", () => {
  const [field] = decode(block([["x", "y".repeat(60_000)]]), 100_000);
  assert.equal(field?.[1].length, 60_000);
});
