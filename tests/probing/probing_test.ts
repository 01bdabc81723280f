import assert from "node:assert/strict";
import type { HealthCheck } from "../../lib/config/mod.ts";
import type { Health } from "../../lib/health/mod.ts";
import type { ProbeResult, ProbeTarget } from "../../lib/probes/mod.ts";
import { onThisThread, ProbeJob, Probing } from "../../lib/probing/mod.ts";
import { lagging } from "../../lib/simulation/timing.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { fail, httpCheck, pass } from "../checker/support/bench.ts";
import { icmpCheck } from "../probes/support/checks.ts";
import { ip } from "../support/ip.ts";
import { RecordedLog } from "../support/recorded_log.ts";

const up: Health = { state: "up", counter: 4 };
const unknown: Health = { state: "unknown", counter: 1 };

/** One side decides, the other probes, and what one says the other hears up to `lagMs` later. */
class Sides implements Disposable {
  readonly clock = new FakeClock();
  readonly told: string[] = [];
  readonly tallies: string[] = [];
  readonly answers: ((result: ProbeResult) => void)[] = [];
  readonly targets: ProbeTarget[] = [];
  readonly probing: Probing<string>;

  constructor(lagMs = 0) {
    const start = onThisThread({
      startProbe: (target, done) => {
        this.targets.push(target);
        this.answers.push(done);
        return () => {};
      },
      clock: this.clock,
      random: () => 0.5,
      log: new RecordedLog(),
      fatal: (error) => assert.fail(error),
    });
    this.probing = new Probing({
      start: lagMs === 0 ? start : lagging(start, this.clock, () => 1, lagMs),
      onVerdict: (owner, { state, counter }, { code }) => {
        this.told.push(`${owner} ${state} ${counter} ${code}`);
      },
      onLack: (owner, { detail }) => this.told.push(`${owner} lacks ${detail}`),
      onPulse: (owner, { code }) => this.told.push(`${owner} pulse ${code}`),
      onTally: (owner, type, { codes }) => {
        this.tallies.push(`${owner} ${type} ${codes.reduce((sum, count) => sum + count, 0)}`);
      },
    });
  }

  /** Waits until a probe is on its way, and says for how many milliseconds. */
  waitForProbe(): number {
    for (let waited = 0;; waited += 10) {
      if (this.answers.length > 0) return waited;
      assert.ok(waited < 60_000, "no probe within a minute");
      this.clock.advance(10);
    }
  }

  /** Waits for the next probe and answers it. */
  probe(result: ProbeResult): void {
    this.waitForProbe();
    this.answers.shift()?.(result);
  }

  [Symbol.dispose](): void {
    this.probing.close();
    this.clock.advance(100);
    assert.equal(this.clock.pending, 0);
  }
}

function target(check: HealthCheck = httpCheck("web"), at = "10.0.0.1"): ProbeTarget {
  return { backend: "a", address: ip(at), check, netns: "" };
}

Deno.test("the first result is told, then only what changes the state; all is on the board", () => {
  using sides = new Sides();
  const job = new ProbeJob("a", target());
  assert.deepEqual([job.last, job.counter], [undefined, undefined]);
  sides.probing.aim(job, up, 100);
  const counters: unknown[] = [];
  for (const result of [pass, fail, fail, pass, fail, fail, fail, fail, pass, pass]) {
    sides.probe(result);
    counters.push(job.counter);
    assert.equal(job.last?.code, result.code);
  }
  assert.deepEqual(counters, [4, 3, 2, 4, 3, 2, 0, 0, 1, 4]);
  assert.deepEqual(sides.told, [
    ...["a pulse L7OK", "a up 4 L7OK"],
    ...["a pulse L7STS", "a down 0 L7STS"],
    ...["a pulse L7OK", "a up 4 L7OK"],
  ]);
});

Deno.test("every result is told while somebody watches", () => {
  using sides = new Sides();
  sides.probing.aim(new ProbeJob("a", target()), up, 100);
  sides.probing.watch(true);
  for (const result of [pass, fail, pass]) sides.probe(result);
  sides.probing.watch(false);
  sides.probe(fail);
  assert.deepEqual(sides.told.filter((line) => line.includes("pulse")), [
    ...["a pulse L7OK", "a pulse L7STS", "a pulse L7OK"],
  ]);
});

Deno.test("what comes of the former target counts no more, be it on its way already", () => {
  for (const lagMs of [0, 30]) {
    using sides = new Sides(lagMs);
    const job = new ProbeJob("a", target());
    sides.probing.aim(job, unknown, 100);
    sides.probe(pass);
    sides.clock.advance(2 * lagMs);
    sides.told.length = 0;
    for (const result of [fail, fail]) sides.probe(result);
    const last = job.last;
    sides.probing.outdate(job, "target");
    assert.equal(job.counter, undefined);
    assert.deepEqual(job.last, last, "it is remembered, though");
    sides.probe(fail);
    sides.clock.advance(2 * lagMs);
    assert.deepEqual(sides.told, [], "its third failure would have taken it down");
    assert.deepEqual(job.last, last);
    job.target = target(httpCheck("web", { port: 81 }));
    sides.probing.aim(job, { state: "up", counter: 2 }, 100);
    sides.clock.advance(lagMs);
    sides.answers.length = 0;
    sides.probe(fail);
    sides.clock.advance(lagMs);
    assert.deepEqual(sides.told, ["a pulse L7STS", "a down 0 L7STS"]);
    assert.equal(sides.targets.at(-1)?.check, job.target.check);
  }
});

Deno.test("other times leave a probe on its way alone, and what was found out", () => {
  using sides = new Sides();
  const job = new ProbeJob("a", target());
  sides.probing.aim(job, up, 100);
  sides.probe(pass);
  sides.clock.advance(2_000);
  assert.equal(sides.answers.length, 1);
  sides.probing.outdate(job, "timing");
  job.target = target(httpCheck("web", { rise: 1, fall: 5, intervalMs: 400 }));
  sides.probing.retime(job, 100);
  sides.clock.advance(500);
  assert.equal(sides.answers.length, 1, "one at a time");
  sides.probe(fail);
  assert.equal(job.counter, 4, "full by the new scale, less one");
  sides.told.length = 0;
  for (let i = 0; i < 4; i++) sides.probe(fail);
  assert.deepEqual(sides.told, ["a pulse L7STS", "a down 0 L7STS"]);
  sides.probing.outdate(job, "timing");
  job.target = target(httpCheck("web", { downIntervalMs: 60_000 }));
  sides.probing.retime(job, 100);
  const waitedMs = sides.waitForProbe();
  assert.ok(
    waitedMs > 1_000 && waitedMs < 60_000,
    `${waitedMs} ms: when it would have come anyhow`,
  );
  sides.probe(fail);
  job.target = target(httpCheck("renamed", { downIntervalMs: 60_000 }));
  sides.probing.retime(job, 100);
  sides.clock.advance(53_990);
  assert.equal(sides.answers.length, 0, "when it would have come anyhow");
});

Deno.test("the next probe keeps its moment, unless it is too late by the new intervals", () => {
  const timing = (intervalMs: number) => target(httpCheck("web", { intervalMs }));
  /** How long after `afterMs` of 10 s the next probe comes once the interval is another. */
  const waited = (afterMs: number, intervalMs: number, within = 100) => {
    using sides = new Sides();
    const job = new ProbeJob("a", timing(10_000));
    sides.probing.aim(job, up, 0);
    sides.probe(pass);
    sides.clock.advance(afterMs);
    sides.probing.outdate(job, "timing");
    job.target = timing(intervalMs);
    sides.probing.retime(job, within);
    return sides.waitForProbe();
  };
  const isAbout = (ms: number, wanted: number) =>
    assert.ok(Math.abs(ms - wanted) <= 10, `${ms} ms instead of ${wanted}`);
  isAbout(waited(4_000, 10_001), 6_000);
  isAbout(waited(4_000, 60_000), 6_000);
  isAbout(waited(1_000, 5_000), 4_000);
  assert.ok(waited(5_000, 2_000) <= 110, "it is overdue");
  isAbout(waited(5_000, 2_000, 60_000), 5_000);
});

Deno.test("who was not probed yet is probed when it was to be, whatever its interval is", () => {
  using sides = new Sides();
  const job = new ProbeJob("a", target(httpCheck("web", { intervalMs: 10_000 })));
  sides.probing.aim(job, up, 8_000);
  sides.clock.advance(1_000);
  sides.probing.outdate(job, "timing");
  job.target = target(httpCheck("web", { intervalMs: 100 }));
  sides.probing.retime(job, 10);
  const waitedMs = sides.waitForProbe();
  assert.ok(waitedMs > 1_000 && waitedMs <= 7_010, `${waitedMs} ms`);
});

Deno.test("a verdict by a scale that has been replaced meanwhile is put on the new one", () => {
  using sides = new Sides(30);
  const job = new ProbeJob("a", target());
  sides.probing.aim(job, unknown, 0);
  sides.probe(pass);
  sides.probing.outdate(job, "timing");
  job.target = target(httpCheck("web", { rise: 1, fall: 1 }));
  sides.probing.retime(job, 100);
  sides.clock.advance(30);
  assert.deepEqual(sides.told, ["a pulse L7OK", "a up 1 L7OK"]);
});

Deno.test("times and certificate are of the present target, whatever a check's times are", () => {
  for (const lagMs of [0, 30]) {
    using sides = new Sides(lagMs);
    const job = new ProbeJob("a", target());
    assert.deepEqual([job.times, job.certificateEnd], [undefined, undefined]);
    sides.probing.aim(job, unknown, 100);
    sides.clock.advance(lagMs);
    assert.deepEqual([job.times, job.certificateEnd], [undefined, undefined]);
    sides.probe({ ...pass, durationMs: 8, certificateEnd: 1_800_000_000_000 });
    sides.probe({ ...fail, durationMs: 2 });
    const seen = [{ count: 2, p50: 2, p95: 8, max: 8 }, 1_800_000_000_000];
    assert.deepEqual([job.times, job.certificateEnd], seen);
    job.target = target(httpCheck("web", { intervalMs: 3_000 }));
    sides.probing.outdate(job, "timing");
    sides.probing.retime(job, 100);
    sides.clock.advance(lagMs);
    assert.deepEqual([job.times, job.certificateEnd], seen);
    job.target = target(httpCheck("web"), "10.0.0.2");
    sides.probing.aim(job, up, 100);
    assert.deepEqual([job.times, job.certificateEnd], [undefined, undefined]);
    sides.clock.advance(lagMs);
    assert.deepEqual([job.times, job.certificateEnd], [undefined, undefined]);
    sides.probing.forget(job);
    assert.deepEqual([job.times, job.certificateEnd], [undefined, undefined]);
  }
});

Deno.test("a probe runs until its result is there", () => {
  using sides = new Sides();
  const [job, other] = [new ProbeJob("a", target()), new ProbeJob("b", target())];
  sides.probing.aim(job, up, 0);
  sides.probing.aim(other, up, 0);
  sides.clock.advance(10);
  const begun = sides.clock.wall();
  const running = (forMs = 0) => [...sides.probing.running(sides.clock.wall() - forMs)];
  const isNear = (since: number | undefined) => assert.ok(Math.abs((since ?? 0) - begun) <= 10);
  assert.deepEqual(running().map(([owner]) => owner), ["a", "b"]);
  for (const [, since] of running()) isNear(since);
  assert.deepEqual(running(100), []);
  sides.clock.advance(100);
  assert.equal(running(100).length, 2);
  sides.answers.shift()?.(fail);
  assert.deepEqual(running().map(([owner]) => owner), ["b"]);
  sides.probing.outdate(other, "timing");
  sides.probing.retime(other, 0);
  assert.deepEqual(running().map(([owner]) => owner), ["b"], "it is the same probe");
  isNear(running()[0]?.[1]);
});

Deno.test("nothing runs for ever: not what is halted, aimed elsewhere, forgotten or lost", () => {
  const ends = {
    halted: (sides, job) => sides.probing.halt(job),
    outdated: (sides, job) => sides.probing.outdate(job, "target"),
    aimed: (sides, job) => sides.probing.aim(job, up, 60_000),
    forgotten: (sides, job) => sides.probing.forget(job),
    given: (sides, job) => {
      sides.probing.forget(job);
      sides.probing.aim(new ProbeJob("heir", target()), up, 60_000);
    },
    lost: ({ clock, answers }) => {
      for (let waited = 0; answers.length === 1; waited += 10) {
        assert.ok(waited < 60_000, "it is given up");
        clock.advance(10);
      }
      assert.equal(answers.length, 2);
      answers.pop()?.(pass);
    },
  } satisfies Record<string, (sides: Sides, job: ProbeJob<string>) => void>;
  for (const lagMs of [0, 30]) {
    for (const [how, end] of Object.entries(ends)) {
      using sides = new Sides(lagMs);
      const running = () => [...sides.probing.running(Infinity)];
      const job = new ProbeJob("a", target());
      sides.probing.aim(job, up, 0);
      sides.clock.advance(lagMs + 10);
      assert.equal(running().length, 1);
      end(sides, job);
      assert.deepEqual(running(), [], `${how}, at once`);
      sides.clock.advance(2 * lagMs);
      assert.deepEqual(running(), [], how);
    }
  }
});

Deno.test("who is halted is not probed, and is remembered", () => {
  using sides = new Sides();
  const job = new ProbeJob("a", target());
  sides.probing.aim(job, up, 100);
  sides.probe(pass);
  const last = job.last;
  sides.probing.halt(job);
  sides.probing.retime(job, 0);
  sides.clock.advance(60_000);
  assert.equal(sides.answers.length, 0);
  assert.deepEqual([job.last, job.counter], [last, undefined]);
  const heir = new ProbeJob("b", target());
  heir.inherit(job);
  assert.deepEqual(heir.last, last);
});

Deno.test("counts are told once, by type, and those of a forgotten job are its own", () => {
  using sides = new Sides();
  const job = new ProbeJob("a", target());
  sides.probing.tally(job);
  sides.probing.aim(job, up, 100);
  for (let i = 0; i < 3; i++) sides.probe(pass);
  sides.probing.tally(job);
  sides.probing.tally(job);
  sides.probe(pass);
  sides.probing.outdate(job, "target");
  job.target = target(icmpCheck());
  sides.probing.aim(job, up, 100);
  sides.probe(pass);
  sides.probing.tally(job);
  assert.deepEqual(sides.tallies, ["a http 3", "a http 0", "a http 1", "a icmp 1"]);
  sides.probe(pass);
  sides.probing.forget(job);
  sides.tallies.length = 0;
  const other = new ProbeJob("b", target());
  sides.probing.aim(other, up, 100);
  sides.probing.tally(other);
  assert.equal(other.last, undefined, "nothing of who was in its row before");
  assert.deepEqual(sides.tallies, ["b http 0"]);
});

Deno.test("rows are used again, and there are as many as are needed", () => {
  using sides = new Sides();
  const jobs = Array.from({ length: 300 }, (_, i) => new ProbeJob(`${i}`, target()));
  for (const job of jobs) sides.probing.aim(job, up, 0);
  sides.clock.advance(10);
  assert.equal(sides.answers.length, 300);
  for (const answer of sides.answers.splice(0)) answer(pass);
  assert.equal(sides.told.length, 600);
  assert.deepEqual(sides.told.at(-1), "299 up 4 L7OK");
  for (const job of jobs) sides.probing.forget(job);
  assert.equal(sides.probing.stats().scheduled, 0);
  for (const job of jobs.slice(0, 5)) sides.probing.aim(job, up, 0);
  assert.equal(new Set(jobs.map(({ place }) => place?.row).slice(0, 5)).size, 5);
  assert.ok(jobs.slice(0, 5).every(({ place }) => (place?.row ?? 300) < 300));
});

Deno.test("a row that was probed over TLS is used again for TLS alone", () => {
  using sides = new Sides();
  const aim = (check: HealthCheck) => {
    const job = new ProbeJob("a", target(check));
    sides.probing.aim(job, up, 100);
    return job;
  };
  const [tls, plain] = [httpCheck("web", { type: "https" }), httpCheck("web")];
  const [first, second] = [aim(tls), aim(plain)];
  const rows = [first.place?.row, second.place?.row];
  sides.probing.forget(first);
  sides.probing.forget(second);
  assert.deepEqual([aim(plain), aim(plain), aim(tls)].map(({ place }) => place?.row), [
    ...[rows[1], 2, rows[0]],
  ]);
});

Deno.test("probes that ended are counted", () => {
  using sides = new Sides();
  assert.equal(sides.probing.stats().done, 0);
  sides.probing.aim(new ProbeJob("a", target()), up, 100);
  for (let i = 0; i < 3; i++) sides.probe(pass);
  assert.equal(sides.probing.stats().done, 3);
});
