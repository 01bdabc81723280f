import assert from "node:assert/strict";
import { silentLogger } from "../../lib/log/mod.ts";
import { beatMs, Engine } from "../../lib/net/mod.ts";
import { type Attempt, failed, type Outcome, passed } from "../../lib/probes/attempt.ts";
import { contextOf } from "../../lib/probes/prober.ts";
import { Run } from "../../lib/probes/run.ts";
import type { ProbeResult } from "../../lib/probes/mod.ts";
import { every, FakeClock } from "../../lib/time/mod.ts";
import { ip } from "../support/ip.ts";
import { httpCheck } from "./support/checks.ts";

const timedOut = failed("L7TOUT", "no response");
const ok = passed("L7OK", "status 200");

/** An attempt that is told what to say. */
class Puppet implements Attempt {
  heardAt: number | undefined;
  heldUpMs = 0;
  sentAt: number | undefined;
  closed = 0;
  asked = 0;
  report: (outcome: Outcome) => void = () => {};

  timedOut(): Outcome {
    this.asked++;
    return timedOut;
  }
  close(): void {
    this.closed++;
  }
}

/** A probe with a timeout of 1 s that began at 500 ms, and what came of it. */
class Stage implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly engine: Engine;
  readonly attempt = new Puppet();
  readonly results: ProbeResult[] = [];
  readonly run: Run;

  constructor() {
    this.engine = new Engine(this.clock);
    this.clock.advance(500);
    const target = { address: ip("192.0.2.1"), check: httpCheck({ timeoutMs: 1000 }), netns: "" };
    const context = contextOf(this.engine, { log: silentLogger, version: "1" });
    this.run = new Run(context, target, (result) => this.results.push(result), (...args) => {
      this.attempt.report = args[2];
      return this.attempt;
    });
    this.run.start();
  }

  /** Has the engine tended as a thread does that probes, from now on. */
  tend(): this {
    this.engine.tend();
    every(this.clock, beatMs, () => this.engine.tend());
    return this;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.engine.close();
  }
}

Deno.test("without an answer the attempt says at the timeout what that means", async () => {
  await using stage = new Stage();
  stage.clock.advance(999);
  assert.deepEqual(stage.results, []);
  stage.clock.advance(1);
  assert.deepEqual(stage.results, [{ ...timedOut, durationMs: 1000 }]);
  assert.equal(stage.attempt.closed, 1);
});

Deno.test("a timeout is as long as it was to be, however late it is noticed", async () => {
  await using stage = new Stage();
  stage.clock.jump(90_000);
  assert.deepEqual(stage.results, [{ ...timedOut, durationMs: 1000 }]);
});

Deno.test("a duration ends when the kernel had the answer, not when it was looked at", async () => {
  await using stage = new Stage();
  stage.clock.advance(20);
  stage.attempt.heardAt = 503.25;
  stage.attempt.report(ok);
  assert.deepEqual(stage.results, [{ ...ok, durationMs: 3.25 }]);
  assert.equal(stage.attempt.closed, 1);
  stage.clock.advance(5000);
  assert.equal(stage.attempt.asked, 0);
});

Deno.test("a duration that nobody else knows ends with the report, and none is negative", async () => {
  await using unknown = new Stage();
  unknown.clock.advance(20);
  unknown.attempt.report(ok);
  assert.equal(unknown.results[0]?.durationMs, 20);
  await using early = new Stage();
  early.attempt.heardAt = 400;
  early.attempt.report(ok);
  assert.equal(early.results[0]?.durationMs, 0);
});

Deno.test("an attempt that maglevd held up gets that time back", async () => {
  await using stage = new Stage();
  stage.attempt.heldUpMs = 30;
  stage.clock.advance(1029);
  assert.deepEqual(stage.results, []);
  stage.attempt.heardAt = 1525;
  stage.attempt.report(ok);
  assert.deepEqual(stage.results, [{ ...ok, durationMs: 1025 }]);
});

Deno.test("the time that is given back is over some time, too", async () => {
  await using stage = new Stage();
  stage.attempt.heldUpMs = 100;
  stage.clock.advance(1099);
  assert.deepEqual(stage.results, []);
  stage.clock.advance(1);
  assert.deepEqual(stage.results, [{ ...timedOut, durationMs: 1000 }]);
});

Deno.test("an attempt that was held up for long and came to nothing is SOCKERR", async () => {
  await using stage = new Stage();
  stage.attempt.heldUpMs = 700.4;
  stage.clock.advance(1000);
  assert.deepEqual(stage.results, [
    { ok: false, code: "SOCKERR", detail: "maglevd stood still for 700ms", durationMs: 1000 },
  ]);
  assert.equal(stage.attempt.closed, 1);
});

Deno.test("an attempt that was held up for long but ended well counts", async () => {
  await using stage = new Stage();
  stage.attempt.heldUpMs = 700;
  stage.clock.advance(900);
  stage.attempt.report(ok);
  assert.equal(stage.results[0]?.code, "L7OK");
  stage.clock.advance(5000);
  assert.equal(stage.results.length, 1);
  assert.equal(stage.attempt.asked, 0);
});

Deno.test("an attempt that got to its target later has its time, and its duration, from then on", async () => {
  await using late = new Stage();
  late.attempt.sentAt = 900;
  late.clock.advance(1399);
  assert.deepEqual(late.results, []);
  late.clock.advance(1);
  assert.deepEqual(late.results, [{ ...timedOut, durationMs: 1000 }]);
  assert.equal(late.attempt.asked, 1);
  await using answered = new Stage();
  answered.attempt.sentAt = 900;
  answered.clock.advance(1200);
  answered.attempt.heardAt = 1600;
  answered.attempt.report(ok);
  assert.deepEqual(answered.results, [{ ...ok, durationMs: 700 }]);
});

Deno.test("what is reported after the end is not heard", async () => {
  await using stage = new Stage();
  stage.clock.advance(1000);
  stage.attempt.report(ok);
  assert.equal(stage.results.length, 1);
  await using cancelled = new Stage();
  cancelled.run.cancel();
  cancelled.attempt.report(ok);
  cancelled.clock.advance(5000);
  assert.deepEqual(cancelled.results, []);
  assert.equal(cancelled.attempt.closed, 1);
  assert.equal(cancelled.clock.pending, 0);
});

Deno.test("time in which the thread stood still is given back, if it was not long", async () => {
  await using stage = new Stage().tend();
  stage.clock.advance(250);
  stage.clock.jump(850);
  assert.deepEqual(stage.results, []);
  // 50 ms until a beat was due did not count as lost.
  stage.clock.advance(699);
  assert.deepEqual(stage.results, []);
  stage.clock.advance(1);
  assert.deepEqual(stage.results, [{ ...timedOut, durationMs: 1000 }]);
});

Deno.test("a thread that stood still again and again is one that gets no time", async () => {
  await using stage = new Stage().tend();
  for (let times = 0; times < 3; times++) {
    assert.deepEqual(stage.results, []);
    stage.clock.advance(150);
    stage.clock.jump(550);
  }
  stage.clock.advance(400);
  assert.deepEqual(stage.results.map(({ detail }) => detail), ["maglevd stood still for 1500ms"]);
});

Deno.test("a failure says nothing about a server that maglevd kept waiting", async () => {
  await using stage = new Stage().tend();
  stage.clock.jump(500);
  stage.attempt.report(failed("L7RSP", "connection closed before a response"));
  assert.deepEqual(stage.results, [
    { ok: false, code: "SOCKERR", detail: "maglevd stood still for 400ms", durationMs: 500 },
  ]);
});

Deno.test("a standstill before it began is none of an attempt's", async () => {
  await using stage = new Stage();
  stage.tend().clock.jump(5_000);
  const outcome = failed("L7STS", "status 503");
  const results: ProbeResult[] = [];
  const { engine } = stage;
  const context = contextOf(engine, { log: silentLogger, version: "1" });
  const puppet = new Puppet();
  const run = new Run(context, stage.run.target, (result) => results.push(result), (...args) => {
    puppet.report = args[2];
    return puppet;
  });
  run.start();
  stage.clock.advance(20);
  puppet.report(outcome);
  assert.deepEqual(results, [{ ...outcome, durationMs: 20 }]);
});
