import { asError, type Logger, type LogLevels } from "../log/mod.ts";
import { newAdmissionCounts, wake } from "../net/mod.ts";
import { FatalError } from "../supervisor/mod.ts";
import { type Clock, every, type Timer, yieldIfDue } from "../time/mod.ts";
import { startWorker } from "../workers/mod.ts";
import type { Batch } from "./outbox.ts";
import { newStatsMemory, readStats, timesWritten } from "./shared_stats.ts";
import { type FromThread, type Setup, type ToThread, workerName } from "./thread_messages.ts";
import { workerModule } from "./thread_server.ts";
import { kindOf } from "./job.ts";
import type { Order, ProbeLink, Report, ScheduleStats, StartProbing } from "./types.ts";

/** How long a thread may take to close what it has, in milliseconds. */
const closeMs = 2_000;

/** How often it is looked whether a thread still runs, in milliseconds, … */
const lookMs = 1_000;
/** … and after how many looks in a row that saw nothing it is given up. */
const silentLooks = 30;

/** Orders of one message: to read and to carry them out takes about a millisecond. */
const ordersPerMessage = 64;

/** So many are sent at once, whatever came before them. */
const fewOrders = 32;

/** What {@link ProbeThreads} needs. */
export interface ThreadOptions {
  readonly clock: Clock;
  /** Where the threads' records go. */
  readonly log: Logger & LogLevels;
  /** The program's version, for the User-Agent. */
  readonly version: string;
  /** How many descriptors the process may have. */
  readonly descriptorLimit: number;
  /** Told of an error after which the process has to end. */
  readonly fatal: (error: FatalError) => void;
  /** Makes a worker that probes; one of this program's own unless given. */
  readonly worker?: () => Worker;
}

/** One thread that probes. */
class ProbeThread {
  readonly #worker: Worker;
  readonly #options: ThreadOptions;
  readonly #tell: (report: Report) => void;
  readonly #closed = Promise.withResolvers<void>();
  readonly stats = newStatsMemory();
  #orders: Order[] = [];
  #isSending = false;
  /** Messages with orders that were not carried out yet. */
  #unheeded = 0;
  #heeded = Promise.withResolvers<void>();
  #isClosing = false;
  readonly #sent = new Int32Array(new SharedArrayBuffer(4));
  #eventfd: number | undefined;
  readonly #looks: Timer;
  #written = 0;
  #silent = 0;

  constructor(
    options: ThreadOptions,
    isTls: boolean,
    admissionCounts: Setup["admissionCounts"],
    tell: (report: Report) => void,
  ) {
    this.#options = options;
    this.#tell = tell;
    const { version, descriptorLimit, worker = startProbeWorker } = options;
    this.#worker = worker();
    this.#worker.onmessage = ({ data }: MessageEvent<FromThread>) => this.#hear(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#end(`the thread that probes has ended: ${event.message}`);
    };
    this.#looks = every(options.clock, lookMs, () => this.#look());
    const setup = { version, descriptorLimit, admissionCounts, isTls };
    this.#post({ kind: "setup", setup: { ...setup, stats: this.stats, sent: this.#sent } });
  }

  /** Has an order carried out, together with those that come with it. */
  order(order: Order): void {
    this.#orders.push(order);
    if (this.#isSending) return;
    this.#isSending = true;
    queueMicrotask(() => void this.#send());
  }

  /** Says whether debug records are read. */
  wantDebug(wanted: boolean): void {
    this.#post({ kind: "debug", wanted });
  }

  /** Has it close its sockets, and ends it. */
  async close(): Promise<void> {
    this.#post({ kind: "close" });
    this.#isClosing = true;
    this.#looks.cancel();
    const limit = this.#options.clock.after(closeMs, () => this.#closed.resolve());
    await this.#closed.promise;
    limit.cancel();
    this.#worker.terminate();
  }

  /**
   * Of many orders the thread has one message at a time: it reads all that there are in one go, and
   * probes would have to wait for it.
   */
  async #send(): Promise<void> {
    while (this.#orders.length > 0) {
      if (this.#orders.length > fewOrders) {
        await yieldIfDue(this.#options.clock);
        if (this.#unheeded > 0) await this.#heeded.promise;
      }
      this.#unheeded++;
      this.#post({ kind: "orders", orders: this.#orders.splice(0, ordersPerMessage) });
    }
    this.#isSending = false;
  }

  #heed(): void {
    if (--this.#unheeded > 0) return;
    this.#heeded.resolve();
    this.#heeded = Promise.withResolvers();
  }

  /** Says nothing after "close": the eventfd's number may soon be another descriptor's. */
  #post(message: ToThread): void {
    if (this.#isClosing) return;
    this.#worker.postMessage(message);
    Atomics.add(this.#sent, 0, 1);
    if (this.#eventfd !== undefined) wake(this.#eventfd);
  }

  #hear(message: FromThread): void {
    switch (message.kind) {
      case "ready":
        this.#eventfd = message.eventfd;
        return this.#eventfd === undefined ? undefined : wake(this.#eventfd);
      case "heeded":
        return this.#heed();
      case "batch":
        return void this.#take(message.batch);
      case "stray": {
        const error = new Error(message.message);
        error.stack = message.stack ?? error.stack ?? "";
        return reportError(error);
      }
      case "fatal":
        return this.#end(message.message);
      case "closed":
        this.#closed.resolve();
    }
  }

  /** Deals with a batch in slices, then asks for the next one. */
  async #take({ reports, lines, droppedLines }: Batch): Promise<void> {
    const { clock, log } = this.#options;
    for (const { level, msg, attributes } of lines) log[level](msg, attributes);
    if (droppedLines > 0) log.warn("probe-records-dropped", { records: droppedLines });
    for (const report of reports) {
      this.#hand(report);
      await yieldIfDue(clock);
    }
    this.#post({ kind: "taken" });
  }

  /** A listener that throws costs the others nothing: it is told as any stray error is. */
  #hand(report: Report): void {
    try {
      this.#tell(report);
    } catch (error) {
      reportError(asError(error));
    }
  }

  /**
   * A thread that hangs tells nobody. Of a time in which the whole process stood still, no look counts
   * more than one.
   */
  #look(): void {
    const written = timesWritten(this.stats);
    this.#silent = written === this.#written ? this.#silent + 1 : 0;
    this.#written = written;
    if (this.#silent < silentLooks) return;
    this.#end(`a thread that probes has not run for ${silentLooks * lookMs / 1000} s`);
  }

  #end(reason: string): void {
    this.#looks.cancel();
    this.#closed.resolve();
    if (!this.#isClosing) this.#options.fatal(new FatalError(reason));
  }
}

function startProbeWorker(): Worker {
  return startWorker(workerModule, workerName);
}

/**
 * Threads that probe: one for what is plain, and, from the first time that it is needed, one for
 * TLS, whose handshakes would hold the others up.
 */
export class ProbeThreads implements ProbeLink, AsyncDisposable {
  readonly #options: ThreadOptions;
  readonly #admissionCounts = newAdmissionCounts();
  #tell: (report: Report) => void = () => {};
  #plain: ProbeThread | undefined;
  #tls: ProbeThread | undefined;
  /** Memory of the board, for threads that are made later. */
  readonly #parts: Order[] = [];
  /** Which thread probes a row. */
  readonly #threads = new Map<number, ProbeThread>();
  #wantsPulses = false;
  #endHeed: () => void = () => {};
  #isClosed = false;

  /** Starts none yet. */
  constructor(options: ThreadOptions) {
    this.#options = options;
  }

  /** Starts probing; once. */
  readonly start: StartProbing = (tell) => {
    this.#tell = tell;
    this.#plain = this.#startThread(false);
    this.#endHeed = this.#options.log.onEnabled("debug", (wanted) => {
      for (const thread of this.#all) thread.wantDebug(wanted);
    });
    return this;
  };

  order(order: Order): void {
    if (this.#isClosed) return;
    switch (order.kind) {
      case "grow":
        this.#parts.push(order);
        return this.#all.forEach((thread) => thread.order(order));
      case "pulses":
        this.#wantsPulses = order.wanted;
        return this.#all.forEach((thread) => thread.order(order));
      case "aim": {
        const thread = kindOf(order.target).isTls
          ? this.#tls ??= this.#startThread(true)
          : this.#plain ??= this.#startThread(false);
        this.#threads.set(order.row, thread);
        return thread.order(order);
      }
      case "retime":
        return this.#threads.get(order.row)?.order(order);
      case "halt":
        this.#threads.get(order.row)?.order(order);
        this.#threads.delete(order.row);
    }
  }

  stats(): ScheduleStats {
    const stats = readStats(this.#all.map(({ stats }) => stats));
    // What a thread has not heard of yet, or never will, waits for its probe nevertheless.
    const scheduled = Math.max(stats.scheduled, this.#threads.size - stats.running);
    return { ...stats, scheduled };
  }

  /** Reports come no more. The threads end when this is disposed of. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#endHeed();
  }

  /** Closes what is left, and resolves when the threads have ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await Promise.all(this.#all.map((thread) => thread.close()));
  }

  get #all(): readonly ProbeThread[] {
    return [this.#plain, this.#tls].filter((thread) => thread !== undefined);
  }

  #startThread(isTls: boolean): ProbeThread {
    const thread = new ProbeThread(this.#options, isTls, this.#admissionCounts, (report) => {
      if (!this.#isClosed) this.#tell(report);
    });
    for (const part of this.#parts) thread.order(part);
    if (this.#wantsPulses) thread.order({ kind: "pulses", wanted: true });
    if (this.#options.log.enabled("debug")) thread.wantDebug(true);
    return thread;
  }
}
