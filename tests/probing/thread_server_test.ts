import assert from "node:assert/strict";
import type { HealthCheck, HttpCheck, TcpCheck } from "../../lib/config/mod.ts";
import { freshHealth } from "../../lib/health/mod.ts";
import { descriptorLimit } from "../../lib/net/mod.ts";
import { ProbeJob, ProbeThreads, Probing, type ThreadOptions } from "../../lib/probing/mod.ts";
import { type ToThread, workerName } from "../../lib/probing/thread_messages.ts";
import { niceness, workerModule } from "../../lib/probing/thread_server.ts";
import type { FatalError } from "../../lib/supervisor/mod.ts";
import { FakeClock, systemClock } from "../../lib/time/mod.ts";
import { startWorker } from "../../lib/workers/mod.ts";
import { mayComeFirst, niceOfThreads } from "../net/support/nice.ts";
import { openDescriptors } from "../net/support/descriptors.ts";
import { httpCheck, tcpCheck } from "../probes/support/checks.ts";
import { closing, TestServer } from "../probes/support/servers.ts";
import { ip } from "../support/ip.ts";
import { within } from "../support/deadline.ts";
import { mayLeaveDescriptors } from "../support/leaks.ts";
import { nextError } from "../support/next_error.ts";
import { RecordedLog } from "../support/recorded_log.ts";

const quick = { intervalMs: 20, fastIntervalMs: 20, downIntervalMs: 20, timeoutMs: 5_000 };

/** Threads that probe this machine, and what they have told. */
class Bed implements AsyncDisposable {
  readonly log = new RecordedLog();
  readonly fatal: FatalError[] = [];
  readonly told: string[] = [];
  readonly threads: ProbeThreads;
  readonly probing: Probing<string>;
  #waiting: { readonly met: () => boolean; readonly resolve: () => void }[] = [];

  constructor(options: Partial<ThreadOptions> = {}) {
    this.threads = new ProbeThreads({
      clock: systemClock,
      log: this.log,
      version: "1.2.3",
      descriptorLimit: descriptorLimit(),
      fatal: (error) => {
        this.fatal.push(error);
        this.#look();
      },
      ...options,
    });
    const tell = (line: string) => {
      this.told.push(line);
      this.#look();
    };
    this.probing = new Probing({
      start: this.threads.start,
      onVerdict: (owner, { state }, { code }) => tell(`${owner} ${state} ${code}`),
      onLack: (owner, { detail }) => tell(`${owner} lacks ${detail}`),
      onPulse: (owner) => tell(`${owner} pulse`),
      onTally() {},
    });
  }

  aim(name: string, port: number, check: HealthCheck, netns = ""): ProbeJob<string> {
    const address = ip("127.0.0.1");
    const job = new ProbeJob(name, {
      ...{ backend: name, address, netns },
      check: { ...check, ...quick, port } as HealthCheck,
    });
    this.probing.aim(job, freshHealth(true, check), 0);
    return job;
  }

  /** Resolves when `met`, looking each time that something is told. */
  async until(met: () => boolean): Promise<void> {
    if (met()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ met, resolve });
    await within(60_000, met.toString(), promise);
  }

  /** Resolves when nothing is probed any more. */
  async idle(): Promise<void> {
    for (;;) {
      const { scheduled, running } = this.threads.stats();
      if (scheduled + running === 0) return;
      await systemClock.turn.next();
    }
  }

  #look(): void {
    for (const { met, resolve } of this.#waiting) if (met()) resolve();
    this.#waiting = this.#waiting.filter(({ met }) => !met());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.probing.close();
    await this.threads[Symbol.asyncDispose]();
  }
}

function listen(): Deno.TcpListener {
  return Deno.listen({ hostname: "127.0.0.1", port: 0 });
}

const tcp: TcpCheck = tcpCheck();
const https: HttpCheck = httpCheck({ type: "https" });

Deno.test("threads probe, tell what changes the state, and leave nothing open", async () => {
  // What the runtime takes for its first workers it keeps.
  const kept: number[] = [];
  for (let round = 0; round < 4; round++) {
    await using bed = new Bed();
    const server = listen();
    const job = bed.aim("a", server.addr.port, tcp);
    await bed.until(() => bed.told.includes("a up L4OK"));
    assert.equal(job.last?.detail, "connected");
    server.close();
    await bed.until(() => bed.told.includes("a down L4CON"));
    assert.equal(job.counter, 0);
    assert.deepEqual(bed.told, ["a pulse", "a up L4OK", "a pulse", "a down L4CON"]);
    assert.ok(bed.threads.stats().done >= 2);
    kept.push(openDescriptors());
  }
  assert.ok(Math.max(...kept.slice(2)) <= (kept[1] ?? 0), kept.join());
});

Deno.test("the threads come before all others of the process", async () => {
  await using bed = new Bed();
  const server = listen();
  server.close();
  bed.aim("plain", server.addr.port, tcp);
  bed.aim("tls", server.addr.port, https);
  await bed.until(() => ["plain pulse", "tls pulse"].every((line) => bed.told.includes(line)));
  const wanted = [niceness.plain, niceness.tls, 0].map((nice) => mayComeFirst ? nice : 0);
  assert.deepEqual(niceOfThreads().slice(0, 3), wanted);
  const refused = bed.log.records.filter(({ msg }) => msg === "probing-priority-refused");
  assert.equal(refused.length, mayComeFirst ? 0 : 2);
});

Deno.test("whoever decides sees what each of the threads waits for, until its result is told", async () => {
  await using bed = new Bed();
  const servers = [listen(), listen()];
  const conns = servers.map((server) => server.accept());
  bed.aim("plain", servers[0]?.addr.port ?? 0, httpCheck());
  bed.aim("tls", servers[1]?.addr.port ?? 0, https);
  const taken = await Promise.all(conns);
  const running = () => [...bed.probing.running(systemClock.wall())].map(([owner]) => owner);
  assert.deepEqual(running(), ["plain", "tls"]);
  for (const server of servers) server.close();
  for (const conn of taken) conn.close();
  const waiting = async () => {
    while (running().length > 0) await systemClock.turn.next();
  };
  await within(60_000, "a moment in which no thread waits", waiting());
});

/** Stands still until there are so many results more. */
function standStill(job: ProbeJob<string>, results: number): void {
  const end = performance.now() + 20_000;
  for (; results > 0; results--) {
    const before = job.last?.at;
    while (job.last?.at === before && performance.now() < end);
    assert.ok(performance.now() < end, "there are results from the standstill");
  }
}

Deno.test("whoever decides may stand still: probes go on", async () => {
  await using bed = new Bed();
  using server = listen();
  const job = bed.aim("a", server.addr.port, tcp);
  await bed.until(() => bed.told.includes("a up L4OK"));
  standStill(job, 5);
  assert.equal(bed.threads.stats().excused, 0);
});

Deno.test("a thread that has heard all that it was sent sleeps, and looks for no messages", async () => {
  const workers: Worker[] = [];
  const worker = () => {
    const worker = startWorker(workerModule, workerName);
    workers.push(worker);
    return worker;
  };
  await using bed = new Bed({ worker });
  using server = listen();
  const job = bed.aim("a", server.addr.port, tcp);
  await bed.until(() => bed.told.includes("a up L4OK"));
  standStill(job, 2);
  const row = job.place?.row ?? assert.fail();
  // Behind the back of who counts messages: a thread that looks for them without end would hear it.
  workers[0]?.postMessage({ kind: "orders", orders: [{ kind: "halt", row }] } satisfies ToThread);
  standStill(job, 5);
});

Deno.test("who is halted is not probed any more", async () => {
  await using bed = new Bed();
  using server = listen();
  const job = bed.aim("a", server.addr.port, tcp);
  await bed.until(() => bed.told.includes("a up L4OK"));
  bed.probing.halt(job);
  await bed.idle();
  const { done } = bed.threads.stats();
  const other = bed.aim("b", server.addr.port, { ...tcp, rise: 1 });
  await bed.until(() => bed.told.includes("b up L4OK"));
  bed.probing.halt(other);
  await bed.idle();
  assert.ok(bed.threads.stats().done > done);
});

Deno.test("probes over TLS have a thread of their own, when there are some", async () => {
  const heard: string[][] = [];
  await using bed = new Bed({
    worker: () => {
      const worker = startWorker(workerModule, workerName);
      const orders: string[] = [];
      heard.push(orders);
      const post = worker.postMessage.bind(worker);
      worker.postMessage = (message: ToThread, ...more: unknown[]) => {
        if (message.kind === "orders") orders.push(...message.orders.map(({ kind }) => kind));
        return Reflect.apply(post, worker, [message, ...more]);
      };
      return worker;
    },
  });
  await using server = TestServer.tcp(closing);
  const plain = bed.aim("plain", server.port, tcp);
  await bed.until(() => bed.told.includes("plain up L4OK"));
  assert.deepEqual(heard, [["grow", "aim"]]);
  bed.probing.watch(true);
  const overTls = bed.aim("tls", server.port, https);
  await bed.until(() => bed.told.includes("tls down L6RSP"));
  bed.probing.halt(plain);
  bed.probing.retime(overTls, 0);
  await Promise.resolve();
  assert.deepEqual(heard, [
    ["grow", "aim", "pulses", "halt"],
    ["grow", "pulses", "aim", "retime"],
  ]);
});

Deno.test("a handshake is another thread's business", async () => {
  await using bed = new Bed();
  await using server = TestServer.tcp(closing);
  const job = bed.aim("a", server.port, https);
  await bed.until(() => bed.told.length > 0);
  assert.match(bed.told.join(), /a down L6RSP/);
  job.target = { ...job.target, check: { ...tcp, ...quick, port: server.port } };
  bed.probing.aim(job, { state: "down", counter: 0 }, 0);
  await bed.until(() => bed.told.includes("a up L4OK"));
});

Deno.test("debug records are written while somebody reads them", async () => {
  const log = new RecordedLog("info");
  await using bed = new Bed({ log });
  using server = listen();
  const unwanted: string[] = [];
  const { debug } = log;
  log.debug = (msg) => unwanted.push(msg);
  bed.aim("a", server.addr.port, tcp);
  bed.probing.watch(true);
  await bed.until(() => bed.told.filter((line) => line === "a pulse").length > 3);
  assert.deepEqual(unwanted, [], "they don't even come from there");
  log.debug = debug;
  log.keepFrom("debug");
  await bed.until(() => log.named("probe-done").length > 0);
  const done = log.named("probe-done")[0];
  assert.deepEqual([done?.backend, done?.code], ["a", "L4OK"]);
});

/** Nobody waits for a thread that says that it cannot go on to close what it has. */
const endedAtOnce = "the process ends";

Deno.test("a thread that cannot begin is the end of the process", async () => {
  mayLeaveDescriptors(endedAtOnce);
  await using bed = new Bed({
    worker: () => {
      const worker = startWorker(workerModule, workerName);
      worker.postMessage({ kind: "setup" });
      return worker;
    },
  });
  await bed.until(() => bed.fatal.length > 0);
  assert.match(bed.fatal[0]?.message ?? "", /^no thread can probe: /);
});

for (const check of [tcp, https]) {
  Deno.test(`a ${check.type} thread that cannot leave a namespace is the end of the process`, async () => {
    mayLeaveDescriptors(endedAtOnce);
    const module = new URL("support/one_way_thread.ts", import.meta.url).href;
    await using bed = new Bed({ worker: () => startWorker(module, workerName) });
    bed.aim("a", 1, check, "/proc/self/ns/net");
    await bed.until(() => bed.fatal.length > 0);
    assert.match(
      bed.fatal[0]?.message ?? "",
      /^cannot return from network namespace \/proc\/self\/ns\/net to the daemon's own: /,
    );
  });
}

Deno.test("a thread that cannot wait for its sockets is the end of the process", async () => {
  mayLeaveDescriptors(endedAtOnce);
  const module = new URL("support/sleepless_thread.ts", import.meta.url).href;
  await using bed = new Bed({ worker: () => startWorker(module, workerName) });
  await bed.until(() => bed.fatal.length > 0);
  assert.match(bed.fatal[0]?.message ?? "", /^look at the sockets: /);
});

Deno.test("nor does a process go on without the thread for TLS, and no backend is to blame", async () => {
  mayLeaveDescriptors(endedAtOnce);
  const module = new URL("support/sleepless_thread.ts", import.meta.url).href;
  let threads = 0;
  await using bed = new Bed({
    worker: () => startWorker(threads++ === 0 ? workerModule : module, workerName),
  });
  await using server = TestServer.tcp(closing);
  bed.aim("tls", server.port, https);
  await bed.until(() => bed.fatal.length > 0);
  for (let turn = 0; turn < 20; turn++) await systemClock.turn.next(true);
  assert.equal(bed.fatal.length, 1);
  assert.match(bed.fatal[0]?.message ?? "", /^look at the sockets: /);
  assert.deepEqual(bed.told, []);
});

Deno.test("a mistake that nobody catches in a thread is reported, and it probes on", async () => {
  const log = new RecordedLog("info");
  const module = new URL("support/straying_thread.ts", import.meta.url).href;
  await using bed = new Bed({ log, worker: () => startWorker(module, workerName) });
  using server = listen();
  const error = await nextError(() => log.keepFrom("debug"));
  assert.ok(error instanceof Error);
  assert.equal(error.message, "TypeError: an error");
  assert.match(error.stack ?? "", /straying_thread/);
  const rejection = await nextError(() => log.keepFrom("info"));
  assert.ok(rejection instanceof Error);
  assert.equal(rejection.message, "a rejection");
  assert.doesNotMatch(rejection.stack ?? "", /straying_thread/);
  bed.aim("a", server.addr.port, tcp);
  await bed.until(() => bed.told.includes("a up L4OK"));
});

Deno.test("a thread that hears nothing is silent, not idle", async () => {
  const deaf =
    'onmessage = ({ data }) => { if (data.kind === "close") postMessage({ kind: "closed" }); }';
  await using bed = new Bed({
    worker: () =>
      new Worker(`data:text/javascript,${encodeURIComponent(deaf)}`, { type: "module" }),
  });
  const job = bed.aim("a", 80, tcp);
  const { done, running, scheduled } = bed.threads.stats();
  assert.deepEqual([done, running, scheduled], [0, 0, 1]);
  bed.probing.halt(job);
  assert.equal(bed.threads.stats().scheduled, 0);
});

Deno.test("a probe under way is not one that is to come as well", async () => {
  await using bed = new Bed();
  // Takes connections, and says nothing.
  using silent = listen();
  bed.aim("a", silent.addr.port, httpCheck());
  while (bed.threads.stats().running === 0) await systemClock.turn.next();
  assert.equal(bed.threads.stats().scheduled, 0);
});

Deno.test("a thread that fails when it is to end anyhow is no reason to end the process", async () => {
  const code = 'onmessage = ({ data }) => { if (data.kind === "close") throw new Error("late"); }';
  const fatal: FatalError[] = [];
  {
    await using bed = new Bed({
      worker: () =>
        new Worker(`data:text/javascript,${encodeURIComponent(code)}`, { type: "module" }),
      fatal: (error) => fatal.push(error),
    });
    bed.probing.watch(false);
  }
  assert.deepEqual(fatal, []);
});

Deno.test("a thread that ends is the end of the process", async () => {
  const code = encodeURIComponent('onmessage = () => { throw new Error("out of luck"); }');
  // Nobody turns this clock: the thread's end is not waited for.
  await using bed = new Bed({
    clock: new FakeClock(),
    worker: () => new Worker(`data:text/javascript,${code}`, { type: "module" }),
  });
  await bed.until(() => bed.fatal.length > 0);
  assert.match(bed.fatal[0]?.message ?? "", /^the thread that probes has ended: .*out of luck/);
});
