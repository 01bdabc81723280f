import { deepEqual, equal } from "node:assert/strict";
import { FatalError, Supervisor, type Work } from "../../lib/supervisor/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { RecordedLog } from "../support/recorded_log.ts";

function bed() {
  const clock = new FakeClock();
  const log = new RecordedLog();
  const failures: string[] = [];
  const fatal: Error[] = [];
  const supervisor = new Supervisor({
    clock,
    log,
    failed: (task) => failures.push(task),
    fatal: (error) => fatal.push(error),
  });
  return { clock, log, failures, fatal, supervisor };
}

/** Resolves when `signal` is aborted. */
function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}

Deno.test("work that fails is logged, counted and started again, later each time", async () => {
  const { clock, log, failures, supervisor } = bed();
  const starts: number[] = [];
  const work: Work = () => {
    starts.push(clock.now());
    return Promise.reject(new Error(`broken ${starts.length}`));
  };
  await using task = supervisor.start("link", work);
  await clock.advanceAsync(25_000);
  deepEqual(starts, [0, 100, 300, 700, 1500, 3100, 6300, 12_700, 22_700]);
  equal(task.restarts, 8);
  deepEqual(failures, Array(9).fill("link"));
  const { stack: _, ...first } = log.named("task-failed")[0] ?? {};
  deepEqual(first, { task: "link", err: "broken 1", "restart-in-ms": 100 });
  equal(log.named("task-failed").at(-1)?.["restart-in-ms"], 10_000);
});

Deno.test("the same failure is logged once a minute, another one at once; all are counted", async () => {
  const { clock, log, failures, supervisor } = bed();
  let reason = "broken";
  await using _task = supervisor.start("link", () => Promise.reject(new Error(reason)));
  await clock.advanceAsync(59_000);
  equal(log.named("task-failed").length, 1);
  equal(failures.length, 12);
  await clock.advanceAsync(10_000);
  equal(log.named("task-failed").length, 2);
  await clock.advanceAsync(10_000);
  equal(log.named("task-failed").length, 2, "the minute is that of the last record");
  reason = "broken otherwise";
  await clock.advanceAsync(10_000);
  deepEqual(log.named("task-failed").map(({ err }) => err), [
    "broken",
    "broken",
    "broken otherwise",
  ]);
});

Deno.test("the same failure is logged again when a minute is over, and not before", async () => {
  for (const [failsAt, records] of [[59_999, 1], [60_000, 2]] as const) {
    const { clock, log, supervisor } = bed();
    let starts = 0;
    await using _task = supervisor.start("link", (signal) => {
      if (++starts === 1) return Promise.reject(new Error("broken"));
      if (starts === 3) return untilAborted(signal);
      const life = failsAt - clock.now();
      return new Promise((_, reject) => clock.after(life, () => reject(new Error("broken"))));
    });
    await clock.advanceAsync(61_000);
    equal(starts, 3);
    equal(log.named("task-failed").length, records);
  }
});

Deno.test("work that went well for a minute is started again soon", async () => {
  const { clock, supervisor } = bed();
  const starts: number[] = [];
  const lives = [0, 0, 60_000, 0];
  await using _task = supervisor.start("link", (signal) => {
    const life = lives[starts.length];
    starts.push(clock.now());
    if (life === undefined) return untilAborted(signal);
    return new Promise((_, reject) => clock.after(life, () => reject(new Error("broken"))));
  });
  await clock.advanceAsync(61_000);
  deepEqual(starts, [0, 100, 300, 60_400, 60_600]);
});

Deno.test("work that comes to its end is left alone", async () => {
  const { clock, failures, supervisor } = bed();
  let starts = 0;
  await using _task = supervisor.start("once", () => {
    starts++;
    return Promise.resolve();
  });
  await clock.advanceAsync(100_000);
  equal(starts, 1);
  deepEqual(failures, []);
  equal(clock.pending, 0);
});

Deno.test("a fatal error ends the process and not only the task", async () => {
  const { clock, fatal, failures, supervisor } = bed();
  const error = new FatalError("cannot leave network namespace dp");
  await using _task = supervisor.start("probes", () => Promise.reject(error));
  await clock.advanceAsync(100_000);
  deepEqual(fatal, [error]);
  deepEqual(failures, []);
});

Deno.test("closing aborts the work, waits for it, and is no failure", async () => {
  const { clock, failures, supervisor } = bed();
  const order: string[] = [];
  const cleaned = Promise.withResolvers<void>();
  const task = supervisor.start("listener", async (signal) => {
    await untilAborted(signal);
    await cleaned.promise;
    order.push("ended");
    throw new Error("cut off");
  });
  await clock.advanceAsync(1);
  const closed = task.close().then(() => order.push("closed"));
  await clock.advanceAsync(1);
  cleaned.resolve();
  await closed;
  deepEqual(order, ["ended", "closed"]);
  deepEqual(failures, []);
  equal(clock.pending, 0);
});

Deno.test("closing between a failure and the restart leaves nothing behind", async () => {
  const { clock, supervisor } = bed();
  let starts = 0;
  const task = supervisor.start("listener", () => {
    starts++;
    return Promise.reject(new Error("broken"));
  });
  await clock.advanceAsync(50);
  await task.close();
  equal(clock.pending, 0);
  await clock.advanceAsync(1_000);
  equal(starts, 1);
});
