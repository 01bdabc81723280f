import assert from "node:assert/strict";
import { nothingSaved, restoredFrom } from "../../lib/state/mod.ts";

Deno.test("health is restored until it is too old, and never from the future", () => {
  const state = { ...nothingSaved, aliveAt: 10_000 };
  const isFresh = (now: number) => restoredFrom(state, now, 2_000).isHealthFresh;
  assert.deepEqual([9_999, 10_000, 12_000, 12_001].map(isFresh), [false, true, true, false]);
});
