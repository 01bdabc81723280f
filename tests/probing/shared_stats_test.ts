import assert from "node:assert/strict";
import { newStatsMemory, readStats, writeStats } from "../../lib/probing/shared_stats.ts";

const none = {
  ...{ late: 0, delayed: 0, maxLatenessMs: 0, stalls: 0, excused: 0 },
  ...{ done: 0, running: 0, scheduled: 0 },
};
const some = {
  ...{ late: 1, delayed: 7, maxLatenessMs: 50.5, stalls: 2, excused: 3 },
  ...{ done: 2 ** 40, running: 5, scheduled: 6 },
};

Deno.test("what one thread writes is read, field by field, and overwritten by the next", () => {
  const memory = newStatsMemory();
  assert.deepEqual(readStats([memory]), none);
  writeStats(memory, some);
  assert.deepEqual(readStats([memory]), some);
  writeStats(memory, none);
  assert.deepEqual(readStats([memory]), none);
});

Deno.test("of several threads all is summed, but the worst delay is the worst", () => {
  const memories = [newStatsMemory(), newStatsMemory(), newStatsMemory()];
  for (const memory of memories.slice(1)) writeStats(memory, some);
  assert.deepEqual(readStats(memories), {
    ...{ late: 2, delayed: 14, maxLatenessMs: 50.5, stalls: 4, excused: 6 },
    ...{ done: 2 ** 41, running: 10, scheduled: 12 },
  });
  assert.deepEqual(readStats([]), none);
});
