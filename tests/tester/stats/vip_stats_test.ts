import { deepEqual, equal } from "node:assert/strict";
import { isSpikeAfter, VipStats } from "../../../lib/tester/stats/vip_stats.ts";
import { answered, vip } from "../support/vips.ts";

const limits = { forMs: 60_000, most: 1_000 };

Deno.test("an answer is a spike by the median of at least twenty", () => {
  const early = new VipStats(vip("web"), limits);
  for (let i = 0; i < 19; i++) early.add(answered(1), i);
  equal(early.add(answered(500), 100), undefined);
  const row = new VipStats(vip("web"), limits);
  for (let i = 0; i < 20; i++) row.add(answered(10), i);
  equal(row.add(answered(30), 100), undefined);
  deepEqual(row.add(answered(31), 100), { slowerThanMs: 10 });
  deepEqual([isSpikeAfter(1, 21), isSpikeAfter(1, 22)], [false, true]);
  deepEqual([isSpikeAfter(100, 300), isSpikeAfter(100, 301)], [false, true]);
});
