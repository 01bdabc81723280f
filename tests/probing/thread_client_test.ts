import assert from "node:assert/strict";
import type { HealthCheck } from "../../lib/config/mod.ts";
import { freshHealth } from "../../lib/health/mod.ts";
import { libc } from "../../lib/net/libc.ts";
import { ProbeJob, ProbeThreads, Probing, type Report } from "../../lib/probing/mod.ts";
import type { Batch } from "../../lib/probing/outbox.ts";
import { writeStats } from "../../lib/probing/shared_stats.ts";
import type { FromThread, ToThread } from "../../lib/probing/thread_messages.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { httpCheck, tcpCheck } from "../probes/support/checks.ts";
import { ip } from "../support/ip.ts";
import { nextError } from "../support/next_error.ts";
import { RecordedLog } from "../support/recorded_log.ts";

/** A worker that only listens. */
class FakeWorker {
  onmessage: ((event: MessageEvent) => void) | null = null;
  readonly heard: ToThread[] = [];
  /** Never says that it has closed. */
  hangs = false;
  isTerminated = false;
  /** Carries out no orders for now. */
  isBusy = false;

  postMessage(message: ToThread): void {
    this.heard.push(message);
    if (message.kind === "orders" && !this.isBusy) {
      queueMicrotask(() => this.say({ kind: "heeded" }));
    }
    if (message.kind === "close" && !this.hangs) this.say({ kind: "closed" });
  }

  say(data: FromThread): void {
    this.onmessage?.(new MessageEvent("message", { data }));
  }

  terminate(): void {
    this.isTerminated = true;
  }

  /** How many orders each message had. */
  get orders(): number[] {
    return this.heard.flatMap((each) => each.kind === "orders" ? [each.orders.length] : []);
  }

  /** Messages by their kinds, orders and debug with what they say. */
  get story(): string[] {
    return this.heard.flatMap((each) => {
      if (each.kind === "debug") return [`debug ${each.wanted}`];
      if (each.kind !== "orders") return [each.kind];
      return each.orders.map((order) =>
        order.kind === "pulses" ? `pulses ${order.wanted}` : order.kind
      );
    });
  }
}

const noStats = {
  ...{ delayed: 0, late: 0, maxLatenessMs: 0, stalls: 0 },
  ...{ excused: 0, done: 0, running: 0, scheduled: 0 },
};
const nothing: Batch = { reports: [], lines: [], droppedLines: 0 };

/** Threads that only listen, on a clock whose every turn is over. */
class Bed {
  readonly clock = new FakeClock();
  readonly log = new RecordedLog("info");
  readonly workers: FakeWorker[] = [];
  readonly fatal: string[] = [];
  turns = 0;
  /** Who is told of verdicts. */
  hear: (owner: string) => void = () => {};
  readonly threads: ProbeThreads;
  readonly probing: Probing<string>;
  #jobs = 0;

  constructor() {
    this.clock.turn = { isOver: true, next: () => Promise.resolve(void this.turns++) };
    this.threads = new ProbeThreads({
      clock: this.clock,
      log: this.log,
      version: "1.2.3",
      descriptorLimit: 1024,
      fatal: ({ message }) => this.fatal.push(message),
      worker: () => {
        const worker = new FakeWorker();
        this.workers.push(worker);
        return worker as unknown as Worker;
      },
    });
    this.probing = new Probing({
      start: this.threads.start,
      onVerdict: (owner) => this.hear(owner),
      onLack() {},
      onPulse() {},
      onTally() {},
    });
  }

  aim(count: number, check: HealthCheck = tcpCheck()): void {
    for (const end = this.#jobs + count; this.#jobs < end; this.#jobs++) {
      const name = `b${this.#jobs}`;
      const target = { backend: name, address: ip("127.0.0.1"), netns: "", check };
      this.probing.aim(new ProbeJob(name, target), freshHealth(true, check), 0);
    }
  }

  /** The thread has found out so much about the first `count`, and tells it with the rest. */
  tell(count: number, rest: Partial<Batch> = {}): void {
    const result = { ok: true, code: "L4OK", detail: "", durationMs: 1, at: 0 } as const;
    const reports = Array.from({ length: count }, (_, row): Report => ({
      ...{ kind: "verdict", row, revision: 1_000, result },
      health: { state: "up", counter: 1 },
    }));
    this.worker().say({ kind: "batch", batch: { ...nothing, reports, ...rest } });
  }

  worker(index = 0): FakeWorker {
    const worker = this.workers[index];
    assert.ok(worker, `there is no thread ${index}`);
    return worker;
  }
}

/** Gives promises as many chances as any of this takes. */
async function settle(): Promise<void> {
  for (let i = 0; i < 100; i++) await Promise.resolve();
}

Deno.test("orders are sent in turns, so that ten thousand hold nobody up", async () => {
  const bed = new Bed();
  bed.aim(600);
  assert.deepEqual(bed.worker().orders, []);
  await settle();
  // Five of them are the board's memory.
  assert.deepEqual([bed.worker().orders, bed.turns], [[...Array(9).fill(64), 29], 9]);
});

Deno.test("many orders wait until those before them are carried out, a few don't", async () => {
  const bed = new Bed();
  const worker = bed.worker();
  worker.isBusy = true;
  bed.aim(107);
  await settle();
  assert.deepEqual(worker.orders, [64]);
  worker.say({ kind: "heeded" });
  await settle();
  assert.deepEqual(worker.orders, [64, 44]);
  bed.aim(1);
  await settle();
  assert.deepEqual(worker.orders, [64, 44, 1]);
  bed.aim(40);
  await settle();
  worker.say({ kind: "heeded" });
  await settle();
  assert.deepEqual(worker.orders, [64, 44, 1], "one is still to be carried out");
  worker.say({ kind: "heeded" });
  await settle();
  // One of them is the board's memory.
  assert.deepEqual(worker.orders, [64, 44, 1, 41]);
});

Deno.test("a few orders wait for no turn", async () => {
  const bed = new Bed();
  bed.aim(31);
  await Promise.resolve();
  assert.deepEqual([bed.worker().orders, bed.turns], [[32], 0]);
  bed.aim(33);
  await Promise.resolve();
  assert.deepEqual([bed.worker().orders, bed.turns], [[32], 1]);
  await settle();
  assert.deepEqual([bed.worker().orders, bed.turns], [[32, 33], 1]);
});

Deno.test("who has been told to close is told nothing after it", async () => {
  const bed = new Bed();
  bed.aim(1);
  await settle();
  bed.worker().say({ kind: "batch", batch: nothing });
  await settle();
  bed.aim(600);
  await Promise.resolve();
  await bed.threads[Symbol.asyncDispose]();
  assert.deepEqual([bed.clock.pending, bed.worker().isTerminated], [0, true]);
  bed.worker().say({ kind: "batch", batch: nothing });
  bed.aim(1, httpCheck({ type: "https" }));
  await settle();
  assert.deepEqual(bed.worker().story, ["setup", "grow", "aim", "taken", "close"]);
  assert.equal(bed.workers.length, 1);
});

Deno.test("a thread that does not close is ended after two seconds", async () => {
  const bed = new Bed();
  bed.worker().hangs = true;
  let isClosed = false;
  const closing = bed.threads[Symbol.asyncDispose]().then(() => isClosed = true);
  await bed.clock.advanceAsync(1_999, settle);
  assert.deepEqual([isClosed, bed.worker().isTerminated], [false, false]);
  await bed.clock.advanceAsync(1, settle);
  assert.deepEqual([isClosed, bed.worker().isTerminated], [true, true]);
  await closing;
});

Deno.test("threads are told when debug records begin to be read, and when no more", async () => {
  const bed = new Bed();
  assert.deepEqual(bed.worker().story, ["setup"]);
  bed.log.keepFrom("debug");
  assert.deepEqual(bed.worker().story, ["setup", "debug true"]);
  bed.aim(1, httpCheck({ type: "https" }));
  await settle();
  bed.log.keepFrom("info");
  const both = [["setup", "debug true", "grow"], ["setup", "debug true", "grow", "aim"]];
  const stories = both.map((one) => [...one, "debug false"]);
  assert.deepEqual(bed.workers.map(({ story }) => story), stories);
  await bed.threads[Symbol.asyncDispose]();
  bed.log.keepFrom("debug");
  assert.equal(bed.worker().story.at(-1), "close");
});

Deno.test("a later thread is told what the first one knows", async () => {
  const bed = new Bed();
  bed.probing.watch(true);
  bed.aim(1);
  await settle();
  bed.aim(1, httpCheck({ type: "https" }));
  await settle();
  assert.deepEqual(bed.worker(0).story, ["setup", "pulses true", "grow", "aim"]);
  assert.deepEqual(bed.worker(1).story, ["setup", "grow", "pulses true", "aim"]);
  await bed.threads[Symbol.asyncDispose]();
});

Deno.test("a thread that sleeps in the kernel is woken for each message", async () => {
  const bed = new Bed();
  const eventfd = libc.eventfd(0, 0o4000);
  try {
    bed.aim(1);
    await settle();
    const counter = new BigUint64Array(1);
    const woken = () => (libc.read(eventfd, counter, 8n), counter[0]);
    bed.worker().say({ kind: "ready", eventfd });
    assert.equal(woken(), 1n, "for what was said before there was an eventfd");
    bed.worker().say({ kind: "batch", batch: nothing });
    await settle();
    bed.aim(1);
    await settle();
    assert.equal(woken(), 2n);
    await bed.threads[Symbol.asyncDispose]();
    assert.equal(woken(), 1n);
  } finally {
    libc.close(eventfd);
  }
});

Deno.test("what a thread tells is dealt with in turns, and the rest is asked for at the end", async () => {
  const bed = new Bed();
  bed.aim(3);
  await settle();
  const told: string[] = [];
  bed.hear = (owner) => told.push(owner);
  const lines = [
    { level: "error", msg: "odd", attributes: { backend: "b1" } },
    { level: "info", msg: "even", attributes: undefined },
  ] as const;
  bed.tell(3, { lines, droppedLines: 1 });
  assert.deepEqual(bed.log.lines, [
    ...["error odd backend=b1", "info even", "warn probe-records-dropped records=1"],
  ]);
  assert.deepEqual([told, bed.worker().story.at(-1)], [["b0"], "aim"]);
  await settle();
  assert.deepEqual([told, bed.turns], [["b0", "b1", "b2"], 3]);
  assert.equal(bed.worker().story.at(-1), "taken");
  bed.tell(0);
  assert.equal(bed.log.lines.length, 3, "what was not dropped is not mentioned");
});

Deno.test("who throws when it is told something is reported, and costs the others nothing", async () => {
  for (const thrown of [new TypeError("a defect"), "a defect"]) {
    const bed = new Bed();
    bed.aim(2);
    await settle();
    const told: string[] = [];
    bed.hear = (owner) => {
      told.push(owner);
      if (told.length === 1) throw thrown;
    };
    const error = await nextError(() => bed.tell(2));
    if (thrown instanceof Error) assert.equal(error, thrown);
    else assert.ok(error instanceof Error && error.message === "a defect");
    await settle();
    assert.deepEqual([told, bed.worker().story.at(-1)], [["b0", "b1"], "taken"]);
  }
});

Deno.test("an error that nobody caught in a thread is reported here, with its stack if it has one", async () => {
  const bed = new Bed();
  for (const stack of ["TypeError: odd\n    at there", undefined]) {
    const error = await nextError(() =>
      bed.worker().say({ kind: "stray", message: "TypeError: odd", stack })
    );
    assert.ok(error instanceof Error);
    assert.equal(error.message, "TypeError: odd");
    if (stack) assert.equal(error.stack, stack);
    else assert.match(error.stack ?? "", /^Error: TypeError: odd\n/);
  }
});

Deno.test("a thread that has not run for half a minute is the end of the process", () => {
  const bed = new Bed();
  const [worker] = bed.workers;
  const [setup] = worker?.heard ?? [];
  assert.ok(setup?.kind === "setup");
  const runs = () => writeStats(setup.setup.stats, noStats);
  for (let times = 0; times < 3; times++) {
    bed.clock.advance(29_500);
    runs();
  }
  bed.clock.jump(3_600_000);
  bed.clock.advance(29_000);
  assert.deepEqual(bed.fatal, []);
  bed.clock.advance(1_000);
  assert.deepEqual(bed.fatal, ["a thread that probes has not run for 30 s"]);
  bed.clock.advance(60_000);
  assert.equal(bed.fatal.length, 1);
});

Deno.test("a thread that says that it cannot go on is the end of the process", () => {
  const bed = new Bed();
  bed.worker().say({ kind: "fatal", message: "no thread can probe: out of memory" });
  assert.deepEqual(bed.fatal, ["no thread can probe: out of memory"]);
});

Deno.test("a thread is told by shared memory how many messages there are for it", async () => {
  const bed = new Bed();
  const [setup] = bed.worker().heard;
  assert.ok(setup?.kind === "setup");
  const sent = () => Atomics.load(setup.setup.sent, 0);
  assert.equal(sent(), 1);
  bed.aim(600);
  await settle();
  assert.deepEqual([sent(), bed.worker().heard.length], [11, 11]);
});
