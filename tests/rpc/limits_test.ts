import assert from "node:assert/strict";
import * as limits from "../../lib/rpc/limits.ts";

Deno.test("the figures of messages are those that were chosen", () => {
  assert.deepEqual(limits.defaultMessageLimits, {
    readMaxBytes: 65_536,
    writeMaxBytes: 33_554_432,
    compressMinBytes: 16_384,
  });
  assert.equal(limits.quickBytes, 4096);
  assert.deepEqual(limits.connectionShares, { requests: 1_048_576, answers: 33_554_432 });
});
