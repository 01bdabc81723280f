/**
 * The half of probing that runs on a thread of its own: sockets, schedule and counters. Importing
 * this does nothing, except in a worker that bears its name: there it probes.
 *
 * @module
 */

import { type LogAttributes, type Logger, type LogLevel, reasonOf } from "../log/mod.ts";
import { beatMs, Engine, guarded, NetError, OwnLoop, setThreadNice } from "../net/mod.ts";
import { createProber, prepareTls, type Prober } from "../probes/mod.ts";
import { type Clock, systemClock, type Timer } from "../time/mod.ts";
import { serveAs, type WorkerScope } from "../workers/mod.ts";
import { Outbox } from "./outbox.ts";
import { Schedule } from "./schedule.ts";
import { writeStats } from "./shared_stats.ts";
import { type FromThread, type Setup, type ToThread, workerName } from "./thread_messages.ts";

/**
 * @internal The threads' nice values. One that wakes eighty times a second for a few milliseconds would have to
 * wait for its turn beside a busy API otherwise: docs/performance/probes.md. Handshakes are long, and
 * plain probes come before them.
 */
export const niceness = { plain: -10, tls: -5 } as const;

/** A module that, imported by a worker of the right name, probes. */
export const workerModule: string = import.meta.url;

/**
 * Writes the log by way of the outbox: only the thread that decides has one. Whoever has a debug
 * record asks before whether it is wanted, as most are not.
 */
class RemoteLog implements Logger {
  isDebugWanted = false;
  readonly debug: Logger["debug"] = this.#writes("debug");
  readonly info: Logger["info"] = this.#writes("info");
  readonly warn: Logger["warn"] = this.#writes("warn");
  readonly error: Logger["error"] = this.#writes("error");

  constructor(
    private readonly write: (level: LogLevel, msg: string, more?: LogAttributes) => void,
  ) {}

  enabled(level: LogLevel): boolean {
    return level !== "debug" || this.isDebugWanted;
  }

  #writes(level: LogLevel): Logger["info"] {
    return (msg, attributes) => this.write(level, msg, attributes);
  }
}

/** Everything that probes here. */
class ProbingThread {
  readonly #engine: Engine;
  readonly #prober: Prober;
  readonly #schedule: Schedule;
  readonly #outbox: Outbox;
  readonly #log: RemoteLog;
  readonly #clock: Clock;
  readonly #loop: OwnLoop | undefined;
  readonly #stats: SharedArrayBuffer;
  /** Messages that have come, the one it was made by included. */
  #heard = 1;
  #timer: Timer | undefined;
  #isFlushing = false;

  constructor(setup: Setup, private readonly post: (message: FromThread) => void) {
    const { descriptorLimit, admissionCounts, version, stats, sent, isTls } = setup;
    this.#stats = stats;
    const loop = isTls ? undefined : new OwnLoop(() => Atomics.load(sent, 0) !== this.#heard);
    this.#loop = loop;
    this.#clock = loop?.clock ?? systemClock;
    this.#outbox = new Outbox((batch) => post({ kind: "batch", batch }));
    this.#log = new RemoteLog((level, msg, attributes) => {
      this.#outbox.line({ level, msg, attributes });
      this.#flushSoon();
    });
    this.#engine = new Engine(this.#clock, {
      ...{ descriptorLimit, admissionCounts },
      // A handshake costs so much that a socket makes no difference.
      ...(loop ? { loop } : { idleSockets: 0 }),
    });
    this.#prober = createProber(this.#engine, { log: this.#log, version });
    this.#schedule = new Schedule({
      startProbe: this.#prober.start,
      clock: this.#clock,
      random: Math.random,
      log: this.#log,
      fatal: ({ message }) => post({ kind: "fatal", message }),
    }, (report) => {
      this.#outbox.report(report);
      this.#flushSoon();
    });
    this.#comeFirst(niceness[isTls ? "tls" : "plain"]);
    if (isTls) void prepareTls();
    this.#sayStats();
    post({ kind: "ready", eventfd: loop && this.#engine.wakeDescriptor });
    loop?.run().catch((error) => post({ kind: "fatal", message: reasonOf(error) }));
  }

  hear(message: Exclude<ToThread, { kind: "setup" }>): void {
    this.#heard = (this.#heard + 1) | 0;
    switch (message.kind) {
      case "orders":
        // One order's mistake costs the others nothing.
        for (const order of message.orders) guarded(() => this.#schedule.order(order));
        return this.post({ kind: "heeded" });
      case "taken":
        return this.#outbox.taken();
      case "debug":
        this.#log.isDebugWanted = message.wanted;
        return;
      case "close":
        void this.#close();
    }
  }

  /** Before the other threads of this process, where it may. */
  #comeFirst(nice: number): void {
    try {
      setThreadNice(nice);
    } catch (error) {
      this.#log.info("probing-priority-refused", { nice, err: reasonOf(error) });
    }
  }

  /** What comes together is told together. */
  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    queueMicrotask(() => {
      this.#isFlushing = false;
      writeStats(this.#stats, this.#schedule.stats());
      this.#outbox.flush();
    });
  }

  #sayStats(): void {
    this.#engine.tend();
    writeStats(this.#stats, this.#schedule.stats());
    this.#timer = this.#clock.after(beatMs, () => this.#sayStats());
  }

  async #close(): Promise<void> {
    this.#timer?.cancel();
    this.#schedule.close();
    this.#prober.close();
    this.#loop?.stop();
    await this.#engine.close();
    this.post({ kind: "closed" });
  }
}

function serve(scope: WorkerScope<ToThread, FromThread>): void {
  const post = (message: FromThread) => scope.postMessage(message);
  let isLost = false;
  // One probe's mistake is not the end of all probing.
  const stray = (event: ErrorEvent | PromiseRejectionEvent) => {
    event.preventDefault();
    const error: unknown = "reason" in event ? event.reason : event.error ?? event.message;
    // But whoever cannot look at the sockets would take all that wait for silent. It is told once: it
    // comes again at once, and whoever ends the process needs time for that.
    if (error instanceof NetError) {
      if (!isLost) post({ kind: "fatal", message: error.message });
      isLost = true;
      return;
    }
    post({
      kind: "stray",
      message: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
      stack: error instanceof Error ? error.stack : undefined,
    });
  };
  globalThis.addEventListener("error", stray);
  globalThis.addEventListener("unhandledrejection", stray);
  let thread: ProbingThread | undefined;
  scope.onmessage = ({ data }) => {
    if (data.kind !== "setup") return thread?.hear(data);
    try {
      thread = new ProbingThread(data.setup, post);
    } catch (error) {
      // Whoever cannot probe at all is worse than nobody, who is started again.
      post({ kind: "fatal", message: `no thread can probe: ${reasonOf(error)}` });
    }
  };
}

serveAs(workerName, serve);
