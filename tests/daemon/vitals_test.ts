import { equal } from "node:assert/strict";
import type { CheckerObserver, CheckerStats } from "../../lib/checker/mod.ts";
import type { Config } from "../../lib/config/mod.ts";
import { Vitals } from "../../lib/daemon/vitals.ts";
import { FakeClock } from "../../lib/time/mod.ts";

const timing = { intervalMs: 1000, fastIntervalMs: 500, downIntervalMs: 30_000, timeoutMs: 2000 };
const config = { healthchecks: new Map([["web", timing]]) } as unknown as Config;

function stats(late: number, scheduled = 5): CheckerStats {
  return { late, maxLatenessMs: 0, stalls: 0, excused: 0, running: 0, scheduled };
}

function fixture() {
  const clock = new FakeClock();
  const vitals = new Vitals(clock);
  const told: string[] = [];
  const observer = vitals.watching({
    probeDone: (backend) => void told.push(backend),
    transition: () => {},
    removed: () => {},
  });
  return { clock, vitals, observer, told };
}

function probes(observer: CheckerObserver, count: number): void {
  const result = { ok: true, code: "L7OK", detail: "", durationMs: 1 } as const;
  for (let i = 0; i < count; i++) observer.probeDone(`b${i}`, "http", result);
}

Deno.test("probes on time are no reason to complain, and are passed on", () => {
  const { vitals, observer, told } = fixture();
  probes(observer, 20);
  equal(vitals.complaint(config, stats(5)), undefined);
  equal(told.length, 20);
});

Deno.test("it is a complaint when most probes since the last look were late", () => {
  const { vitals, observer } = fixture();
  probes(observer, 100);
  equal(vitals.complaint(config, stats(20)), undefined);
  probes(observer, 20);
  equal(vitals.complaint(config, stats(35)), "15 of 20 probes started late");
  probes(observer, 20);
  equal(vitals.complaint(config, stats(35)), undefined);
});

Deno.test("silence is a complaint only when it is longer than any interval explains", () => {
  const { clock, vitals, observer } = fixture();
  probes(observer, 1);
  clock.advance(40_000);
  equal(vitals.complaint(config, stats(0)), undefined);
  clock.advance(10_000);
  equal(vitals.complaint(config, stats(0)), "no probe has finished for 50 s");
  equal(vitals.complaint(config, stats(0, 0)), undefined, "with nothing to probe it is fine");
});

Deno.test("a task that looks after VPP no more is a complaint, probes on time or not", () => {
  const { vitals, observer } = fixture();
  let complaint: string | undefined = "what VPP holds did not come for 61 s";
  const vpp = { complaint: () => complaint };
  probes(observer, 20);
  equal(vitals.complaint(config, stats(0), vpp), complaint);
  probes(observer, 20);
  equal(vitals.complaint(config, stats(15), vpp), "15 of 20 probes started late");
  complaint = undefined;
  probes(observer, 20);
  equal(vitals.complaint(config, stats(15), vpp), undefined);
});
