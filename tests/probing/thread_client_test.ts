import assert from "node:assert/strict";
import type { HealthCheck } from "../../lib/config/mod.ts";
import { freshHealth } from "../../lib/health/mod.ts";
import { libc } from "../../lib/net/libc.ts";
import { ProbeJob, ProbeThreads, Probing } from "../../lib/probing/mod.ts";
import type { FromThread, ToThread } from "../../lib/probing/thread_messages.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { httpCheck, tcpCheck } from "../probes/checks.ts";
import { ip } from "../support/ip.ts";
import { RecordedLog } from "../support/recorded_log.ts";

/** A worker that only listens. */
class FakeWorker {
  onmessage: ((event: MessageEvent) => void) | null = null;
  readonly heard: ToThread[] = [];
  /** Never says that it has closed. */
  hangs = false;
  isTerminated = false;

  postMessage(message: ToThread): void {
    this.heard.push(message);
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

/** Threads that only listen, on a clock whose every turn is over. */
class Bed {
  readonly clock = new FakeClock();
  readonly log = new RecordedLog("info");
  readonly workers: FakeWorker[] = [];
  turns = 0;
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
      fatal: (error) => assert.fail(error),
      worker: () => {
        const worker = new FakeWorker();
        this.workers.push(worker);
        return worker as unknown as Worker;
      },
    });
    this.probing = new Probing({
      start: this.threads.start,
      onVerdict() {},
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

const nothing = { reports: [], lines: [], droppedLines: 0 };

Deno.test("orders are sent in turns, so that ten thousand hold nobody up", async () => {
  const bed = new Bed();
  bed.aim(600);
  assert.deepEqual(bed.worker().orders, []);
  await settle();
  // Five of them are the board's memory.
  assert.deepEqual([bed.worker().orders, bed.turns], [[256, 256, 93], 3]);
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
