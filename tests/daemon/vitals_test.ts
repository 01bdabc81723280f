import { deepEqual, equal } from "node:assert/strict";
import type { CheckerStats } from "../../lib/checker/mod.ts";
import type { Config } from "../../lib/config/mod.ts";
import { type ProbeCounts, Vitals } from "../../lib/daemon/vitals.ts";
import { FakeClock } from "../../lib/time/mod.ts";

const timing = { intervalMs: 1000, fastIntervalMs: 500, downIntervalMs: 30_000, timeoutMs: 2000 };

function fixture() {
  const clock = new FakeClock();
  const counted: ProbeCounts[] = [];
  const stats = {
    ...{
      delayed: 0,
      late: 0,
      maxLatenessMs: 0,
      stalls: 0,
      excused: 0,
      done: 0,
      running: 0,
      scheduled: 5,
    },
  };
  const subject = {
    config: { healthchecks: new Map([["web", timing]]) } as unknown as Config,
    stats: (): CheckerStats => stats,
  };
  const vitals = new Vitals(clock, subject, (counts) => counted.push(counts));
  return { clock, vitals, stats, counted };
}

Deno.test("probes are counted every second", () => {
  const { clock, stats, counted } = fixture();
  stats.done = 2;
  clock.advance(1_000);
  stats.done = stats.late = 3;
  clock.advance(1_000);
  deepEqual(counted, [{ done: 2, late: 0 }, { done: 3, late: 3 }]);
});

Deno.test("that probes start late is no complaint", () => {
  const { clock, vitals, stats } = fixture();
  for (let second = 0; second < 300; second++) {
    stats.done += 20;
    stats.late += 20;
    clock.advance(1_000);
    equal(vitals.complaint(undefined), undefined);
  }
});

Deno.test("silence is a complaint only when it is longer than any interval explains", () => {
  const { clock, vitals, stats } = fixture();
  stats.done += 1;
  // 1.1 times the longest interval and its timeout, and 10 s: 45.2 s after the look that saw it.
  clock.advance(46_000);
  equal(vitals.complaint(undefined), undefined);
  clock.advance(1_000);
  equal(vitals.complaint(undefined), "no probe has finished for 46 s");
  stats.done += 1;
  clock.advance(1_000);
  equal(vitals.complaint(undefined), undefined);
  clock.advance(60_000);
  stats.scheduled = 0;
  clock.advance(1_000);
  equal(vitals.complaint(undefined), undefined, "with nothing to probe it is fine");
  stats.running = 1;
  clock.advance(46_000);
  equal(vitals.complaint(undefined), "no probe has finished for 46 s");
});

Deno.test("a time in which maglevd was stopped is no silence of its probes", () => {
  const { clock, vitals } = fixture();
  clock.advance(1_000);
  for (let stop = 0; stop < 10; stop++) clock.jump(30_000);
  equal(vitals.complaint(undefined), undefined);
});

Deno.test("a task that looks after VPP no more is a complaint, silence comes first", () => {
  const { clock, vitals, stats } = fixture();
  const vpp = { complaint: () => "what VPP holds did not come for 61 s" };
  stats.done += 1;
  equal(vitals.complaint(vpp), vpp.complaint());
  clock.advance(60_000);
  equal(vitals.complaint(vpp), "no probe has finished for 59 s");
});

Deno.test("after the end there is no timer", () => {
  const { clock, vitals } = fixture();
  equal(clock.pending, 1);
  vitals[Symbol.dispose]();
  equal(clock.pending, 0);
});
