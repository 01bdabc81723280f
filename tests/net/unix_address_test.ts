import assert from "node:assert/strict";
import { unixAddress } from "../../lib/net/unix_address.ts";

Deno.test("an address is the family, the path's octets, and a NUL", () => {
  assert.deepEqual(unixAddress("/é"), Uint8Array.of(1, 0, 0x2f, 0xc3, 0xa9, 0));
});

Deno.test("a path has one to 107 octets, and no NUL", () => {
  assert.equal(unixAddress("x".repeat(107)).length, 110);
  for (const path of ["", "x".repeat(108), "é".repeat(54), "/a\0b"]) {
    assert.throws(() => unixAddress(path), {
      name: "RangeError",
      message: `a socket's path has 1 to 107 bytes and no NUL: ${JSON.stringify(path)}`,
    });
  }
});
