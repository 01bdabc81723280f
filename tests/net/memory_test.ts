import assert from "node:assert/strict";
import { lookForGarbage } from "../../lib/net/mod.ts";

/** Calls `run` while buffers are made by `make`, and returns how many octets were asked for. */
function withBuffers(make: (octets: number) => unknown, run: () => void): number[] {
  const asked: number[] = [];
  const { ArrayBuffer } = globalThis;
  // An arrow function is no constructor.
  function Fake(octets: number): unknown {
    asked.push(octets);
    return make(octets);
  }
  Reflect.set(globalThis, "ArrayBuffer", Fake);
  try {
    run();
  } finally {
    Reflect.set(globalThis, "ArrayBuffer", ArrayBuffer);
  }
  return asked;
}

Deno.test("V8 is shown half a gigabyte, which it takes for a reason to look for garbage", () => {
  const asked = withBuffers((byteLength) => ({ byteLength }), () => {
    assert.equal(lookForGarbage(), true);
  });
  assert.deepEqual(asked, [512 << 20]);
  assert.equal(lookForGarbage(), true);
});

Deno.test("where there is no room for that nothing is looked for, and other errors are errors", () => {
  const refuse = (error: Error) => () => {
    throw error;
  };
  withBuffers(refuse(new RangeError("Array buffer allocation failed")), () => {
    assert.equal(lookForGarbage(), false);
  });
  withBuffers(refuse(new TypeError("no buffers")), () => {
    assert.throws(lookForGarbage, /^TypeError: no buffers$/);
  });
});
