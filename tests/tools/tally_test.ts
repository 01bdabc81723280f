import { equal } from "node:assert/strict";
import { tallyOf, verdict } from "../../tools/gate/tally.ts";

Deno.test("the tally is read from the last summary line of deno test", () => {
  const output = [
    "ok | 9 passed | 0 failed printed by a test",
    "FAILED | 1,000 passed",
    "",
    "FAILED | 12 passed (3 steps) | 2 failed (1 step) | 1 ignored (4 steps) (5ms)",
    "error: Test failed",
  ].join("\n");
  equal(verdict(tallyOf(output, false)), "12 passed, 2 failed, 1 skipped");
});

Deno.test("a clean run has no skipped part in its verdict", () => {
  equal(verdict(tallyOf("ok | 3 passed | 0 failed (5ms)\n", true)), "3 passed, 0 failed");
});

Deno.test("a run that dies without a summary is one failure", () => {
  equal(verdict(tallyOf("Segmentation fault\n", false)), "0 passed, 1 failed");
  equal(verdict(tallyOf("ok | 3 passed | 0 failed (5ms)\n", false)), "3 passed, 1 failed");
});
