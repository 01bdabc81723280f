import assert from "node:assert/strict";
import { closeOnce, type Transport } from "../../lib/vpp/client/framing.ts";

function closing(close: () => void): Transport {
  return { read: () => Promise.resolve(null), write: () => Promise.resolve(0), close };
}

Deno.test("what the runtime has closed already is closed, every other failure is told", () => {
  let closed = 0;
  closeOnce(closing(() => closed++));
  assert.equal(closed, 1);
  closeOnce(closing(() => {
    throw new Deno.errors.BadResource("Bad resource ID");
  }));
  const odd = () => {
    throw new TypeError("odd");
  };
  assert.throws(() => closeOnce(closing(odd)), /odd/);
});
