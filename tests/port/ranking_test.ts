import assert from "node:assert/strict";
import { Ranking } from "../../lib/port/peer_shares.ts";

Deno.test("who has most is known at any time", () => {
  const ranking = new Ranking();
  const steps: [change: string, first: string | undefined, size: number][] = [
    ["+a", "a", 1],
    ["+b", "a", 2],
    ["+b", "b", 2],
    ["+c", "b", 3],
    ["-b", "a", 3],
    ["-a", "c", 2],
    ["+c", "c", 2],
    ["-c", "b", 2],
    ["-c", "b", 1],
    ["-b", undefined, 0],
    ["+a", "a", 1],
  ];
  for (const [change, first, size] of steps) {
    const name = change.slice(1);
    if (change.startsWith("+")) ranking.add(name);
    else ranking.remove(name);
    assert.deepEqual([ranking.first, ranking.size], [first, size], change);
  }
  assert.deepEqual(["a", "b", "x"].map((name) => ranking.of(name)), [1, 0, 0]);
});
