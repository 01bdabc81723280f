/** Addresses are printed once; how many are remembered has an end. In a file of its own, which has a memory of its own. */

import assert from "node:assert/strict";
import { ip4Address, ip6Address, WireReader } from "../../lib/binapi/mod.ts";

const most = 65_536;

function four(n: number) {
  return ip4Address.read(new WireReader(Uint8Array.of(10, n >> 16, n >> 8, n)), {});
}

function six(n: number) {
  const bytes = Uint8Array.of(...[0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 0, n >> 16, n >> 8, n);
  return ip6Address.read(new WireReader(bytes), {});
}

Deno.test("65,536 addresses of each family are remembered, and with one more only that one", () => {
  for (const read of [four, six]) {
    const first = read(0);
    for (let n = 1; n < most; n++) read(n);
    assert.equal(read(0), first);
    const more = read(most);
    assert.equal(read(most), more);
    assert.notEqual(read(0), first);
    assert.equal(read(0).text, first.text);
  }
});
