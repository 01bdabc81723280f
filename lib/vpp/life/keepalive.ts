import { controlPing } from "../../gen/vpp.ts";
import { LimitedLog, type Logger } from "../../log/mod.ts";
import type { Clock, Timer } from "../../time/mod.ts";
import type { LbCounters } from "../service.ts";
import { CounterReader } from "../stats/counters.ts";
import { SegmentError } from "../stats/directory.ts";
import type { KnownState } from "../sync/known.ts";
import type { Connection } from "./connection.ts";

const pingMs = 10_000;
const pingDeadlineMs = 5_000;
const countersMs = 5_000;

/** Readings in a row that may fail before the segment is taken for broken. */
const maxUnreadable = 3;

/** What is asked of a connected VPP again and again: whether it lives, and its counters. */
export class Keepalive implements Disposable {
  readonly #reader: CounterReader;
  readonly #warnings: LimitedLog;
  readonly #timers = new Map<() => Promise<void>, Timer>();
  #counters: LbCounters | undefined;
  #unreadable = 0;

  /** Asks nothing yet. */
  constructor(
    private readonly connection: Connection,
    known: KnownState,
    private readonly clock: Clock,
    log: Logger,
  ) {
    this.#reader = new CounterReader(connection.client, connection.segment, known, clock);
    this.#warnings = new LimitedLog(log, clock);
  }

  /** Begins. What fails ends the connection. */
  start(): void {
    this.#later(pingMs, this.#ping);
    void this.#run(countersMs, this.#count);
  }

  /** Ends it, the connection being over. */
  [Symbol.dispose](): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#warnings[Symbol.dispose]();
  }

  /** The last reading; before the first one there is none. */
  get counters(): LbCounters | undefined {
    return this.#counters;
  }

  /** Never twice at once: the next time is set when it is done. */
  #later(delayMs: number, work: () => Promise<void>): void {
    if (this.connection.signal.aborted) return;
    this.#timers.set(work, this.clock.after(delayMs, () => void this.#run(delayMs, work)));
  }

  async #run(delayMs: number, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#later(delayMs, work);
    } catch (error) {
      this.connection.fail(error);
    }
  }

  readonly #ping = async (): Promise<void> => {
    await this.connection.client.request(controlPing, {}, pingDeadlineMs);
  };

  readonly #count = async (): Promise<void> => {
    try {
      this.#counters = await this.#reader.read();
      this.#unreadable = 0;
    } catch (error) {
      this.#unreadable++;
      if (!(error instanceof SegmentError) || this.#unreadable >= maxUnreadable) throw error;
      // Once the connection is over the segment is not there any more.
      if (this.connection.signal.aborted) return;
      this.#warnings.warn("vpp-stats-unreadable", { err: error.message });
    }
  };
}
