import assert from "node:assert/strict";
import { readInteger, writeInteger } from "../../../lib/h2/hpack/integer.ts";
import { octets } from "../support/wire.ts";

Deno.test("integers survive every prefix, with what stands above it", () => {
  for (let prefixBits = 4; prefixBits <= 7; prefixBits++) {
    const pattern = (0xff << prefixBits) & 0xff;
    for (const value of [0, 1, 14, 15, 30, 31, 126, 127, 128, 255, 16_383, 65_535, 1 << 27]) {
      const out: number[] = [];
      writeInteger(out, value, prefixBits, pattern);
      assert.equal((out[0] ?? 0) & pattern, pattern);
      const cursor = { bytes: octets(...out), at: 0 };
      assert.equal(readInteger(cursor, prefixBits), value);
      assert.equal(cursor.at, out.length);
    }
  }
});

Deno.test("an integer of more than five octets is refused", () => {
  const long = octets(0x1f, 0x80, 0x80, 0x80, 0x80, 0x80, 0);
  assert.throws(() => readInteger({ bytes: long, at: 0 }, 5), /longer than five octets/);
});

Deno.test("an integer that is cut off is refused", () => {
  for (const cut of [octets(), octets(0x1f), octets(0x1f, 0x80)]) {
    assert.throws(() => readInteger({ bytes: cut, at: 0 }, 5), /ends in the middle/);
  }
});
