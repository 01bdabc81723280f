import assert from "node:assert/strict";
import { frameHeaderLength } from "../../lib/binapi/mod.ts";
import { frame, framesOfClient } from "../../lib/sim/messages.ts";

Deno.test("a frame says how long its message is, behind eight octets of anything", () => {
  const bytes = frame(Uint8Array.of(1, 2, 3));
  assert.equal(bytes.length, frameHeaderLength + 3);
  assert.deepEqual([...bytes.subarray(8)], [0, 0, 0, 3, 0, 0, 0, 0, 1, 2, 3]);
  assert.ok(bytes.subarray(0, 8).some((octet) => octet !== 0));
  assert.equal(new DataView(frame(Uint8Array.of(1), 9).buffer).getUint32(8), 9);
});

Deno.test("16 MiB are waited for, one octet more is not", () => {
  const announced = (length: number) => () => {
    const frames = framesOfClient();
    frames.add(frame(Uint8Array.of(), length));
    return frames.next();
  };
  assert.equal(announced(0)()?.length, 0);
  assert.equal(announced(16 * 1024 * 1024)(), undefined);
  assert.throws(announced(16 * 1024 * 1024 + 1), /^RangeError: a message of 16777217 bytes$/);
});
