import assert from "node:assert/strict";
import { clientPreface, PrefaceReader } from "../../lib/h2/preface.ts";

Deno.test("the preface is known in any two pieces, and what follows is handed on", () => {
  for (let cut = 0; cut <= clientPreface.length; cut++) {
    const reader = new PrefaceReader();
    assert.equal(reader.read(clientPreface.subarray(0, cut)).length, 0);
    assert.equal(reader.complete, cut === clientPreface.length);
    const rest = reader.read(Uint8Array.of(...clientPreface.subarray(cut), 1, 2));
    assert.deepEqual([reader.complete, ...rest], [true, 1, 2]);
    assert.deepEqual([...reader.read(Uint8Array.of(3))], [3], "and all of what comes later");
  }
});

Deno.test("any other octet is refused", () => {
  for (let at = 0; at < clientPreface.length; at++) {
    const other = clientPreface.slice();
    other[at] = (other[at] ?? 0) ^ 1;
    assert.throws(() => new PrefaceReader().read(other), /the client preface is not HTTP\/2's/);
  }
});
