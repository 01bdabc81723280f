import assert from "node:assert/strict";
import type { MaglevEvent } from "../../lib/events/mod.ts";
import { nothingSaved, restoredFrom } from "../../lib/state/mod.ts";
import { event } from "./support/fixtures.ts";

Deno.test("health is restored until it is too old, and never from the future", () => {
  const state = { ...nothingSaved, aliveAt: 10_000 };
  const isFresh = (now: number) => restoredFrom(state, now, 2_000).isHealthFresh;
  assert.deepEqual([9_999, 10_000, 12_000, 12_001].map(isFresh), [false, true, true, false]);
});

Deno.test("of the events it is told when backends went up or down, and nothing else", () => {
  const change = (backend: string, from: string, to: string, at: number) => ({
    ...event(1, { backend, at }),
    transition: { from, to, at },
  });
  const events = [
    change("a", "up", "down", 1),
    change("b", "unknown", "up", 2),
    { ...change("a", "up", "down", 3), kind: "frontend", frontend: "f" },
    change("a", "down", "up", 4),
    { kind: "reload", result: "applied", changes: [], seq: 5, at: 5, cause: { kind: "config" } },
  ] as unknown as MaglevEvent[];
  const { changes } = restoredFrom({ ...nothingSaved, events }, 0, 0);
  assert.deepEqual([...changes], [["a", [1, 4]]]);
});
