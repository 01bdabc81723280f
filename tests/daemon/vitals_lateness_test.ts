import { deepEqual, ok } from "node:assert/strict";
import process from "node:process";
import { cpuMs, Lateness } from "../../lib/daemon/vitals.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { RecordedLog } from "../support/recorded_log.ts";

/** A process that is looked at every second. */
class Stage {
  readonly clock = new FakeClock();
  readonly log = new RecordedLog();
  cpuMs = 5_000;
  done = 0;
  late = 0;
  readonly #lateness = new Lateness(this.clock, () => this.cpuMs, this.log);

  /** Lets time pass in which so much happens per second. */
  pass(seconds: number, each: { cpuMs?: number; done?: number; late?: number }): void {
    for (let second = 0; second < seconds; second++) {
      this.cpuMs += each.cpuMs ?? 0;
      this.done += each.done ?? 0;
      this.late += each.late ?? 0;
      this.clock.advance(1_000);
      this.#lateness.look(this);
    }
  }
}

const starved = "warn probes-late err=maglevd got 12 % of a CPU in the last 10 seconds: " +
  "others have the rest, and no restart gives it more late=200 done=300 cpu-percent=12";

Deno.test("who gets little of a CPU and starts most probes late is said to be starved", () => {
  const stage = new Stage();
  stage.pass(9, { cpuMs: 120, done: 30, late: 20 });
  deepEqual(stage.log.lines, []);
  stage.pass(1, { cpuMs: 120, done: 30, late: 20 });
  deepEqual(stage.log.lines, [starved]);
});

Deno.test("who has a whole CPU and starts most probes late has too much to do", () => {
  for (
    const [cpuMs, why] of [
      [
        799,
        "80 % of a CPU in the last 10 seconds: others have the rest, and no restart gives it more",
      ],
      [800, "80 % of a CPU in the last 10 seconds: it has more to do than that"],
    ] as const
  ) {
    const stage = new Stage();
    stage.pass(10, { cpuMs, done: 10, late: 6 });
    deepEqual(stage.log.named("probes-late").map(({ err }) => err), [`maglevd got ${why}`]);
  }
});

Deno.test("a few late probes are nothing, nor is half of them", () => {
  const stage = new Stage();
  stage.pass(100, { cpuMs: 10, done: 100, late: 50 });
  stage.pass(100, { cpuMs: 10, done: 0.25, late: 0.25 });
  deepEqual(stage.log.lines, []);
  stage.pass(10, { done: 0.25, late: 0.5 });
  deepEqual(stage.log.records.length, 1);
});

Deno.test("what lasts is said once a minute, and its end is said", () => {
  const stage = new Stage();
  stage.pass(69, { cpuMs: 120, done: 30, late: 20 });
  deepEqual(stage.log.records.length, 1);
  stage.pass(1, { cpuMs: 120, done: 30, late: 20 });
  deepEqual(stage.log.records.length, 2);
  stage.pass(30, { cpuMs: 120, done: 32 });
  deepEqual(stage.log.lines.slice(2), ["info probes-on-time"]);
  stage.pass(10, { cpuMs: 120, done: 30, late: 20 });
  deepEqual(stage.log.records.length, 4);
});

Deno.test("a period that was stretched by a standstill is as long as it was", () => {
  const stage = new Stage();
  stage.clock.advance(89_000);
  stage.pass(1, { cpuMs: 900, done: 10, late: 10 });
  deepEqual(stage.log.named("probes-late").map((each) => each["cpu-percent"]), [1]);
});

Deno.test("what a process has had of a CPU is its own time and the kernel's, in milliseconds", () => {
  const total = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  };
  const before = total();
  const had = cpuMs();
  ok(before <= had && had <= total(), `${had} ms`);
});
