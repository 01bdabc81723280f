import assert from "node:assert/strict";
import { ProbeHistory } from "../../lib/web/probe_history.ts";
import type { Pulse } from "../../lib/web/wire.ts";

const pulse = (name: string, ok: boolean, ms: number): Pulse => [name, ok, "L4OK", ms];

Deno.test("the last probes of each backend are kept, the oldest first, and told from failed ones", () => {
  const history = new ProbeHistory();
  history.take(5, [pulse("a", true, 1.5), pulse("b", false, 2.5), pulse("a", true, 0)]);
  // Of one that took no time it is known all the same that it failed.
  history.take(6, [pulse("a", false, 0)]);
  const [first, second, failed] = history.points("a");
  assert.deepEqual([first, second], [[5, 1.5, true], [5, 0, true]]);
  assert.deepEqual([failed?.[0], failed?.[2]], [6, false]);
  assert.ok(Math.abs((failed?.[1] ?? 0) - 0.001) < 1e-6, `${failed?.[1]} ms`);
  assert.deepEqual(history.points("b"), [[5, 2.5, false]]);
  for (let i = 1; i <= 250; i++) history.take(100 + i, [pulse("a", true, i)]);
  const points = history.points("a");
  assert.deepEqual(points.map(([at]) => at), Array.from({ length: 120 }, (_, i) => 231 + i));
  assert.deepEqual(points.at(-1), [350, 250, true]);
  history.forget(["a", "nobody"]);
  assert.deepEqual([history.points("a"), history.points("b").length], [[], 1]);
});
