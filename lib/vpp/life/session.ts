import type { CheckerView } from "../../checker/mod.ts";
import { LimitedLog, type Logger, reasonOf } from "../../log/mod.ts";
import type { Clock } from "../../time/mod.ts";
import { type ApiClient, connectApi } from "../client/mod.ts";
import { CounterReader, statsNames } from "../counters/mod.ts";
import type { FlushLedger } from "../lb/mod.ts";
import { controlPing, showVersion } from "../messages/mod.ts";
import type { LbCounters, VppInfo, VppObserver } from "../service.ts";
import { openStatsSegment, SegmentError, type StatsSegment } from "../stats/mod.ts";
import { pushConf, Syncer } from "../sync/mod.ts";
import { Repeating } from "./repeating.ts";

/** What every connection to VPP is made of. */
export interface SessionOptions {
  /** The API socket. */
  readonly apiAddr: string;
  /** The stats socket. */
  readonly statsAddr: string;
  readonly checker: CheckerView;
  readonly ledger: FlushLedger;
  readonly log: Logger;
  readonly clock: Clock;
  readonly observer?: VppObserver | undefined;
  readonly mayTouch: (frontend: string) => boolean;
  /** Whether a full sync is due now and then. */
  readonly mayTouchAll: () => boolean;
}

/** Milliseconds allowed for any answer: a VPP that takes longer is taken for hung. */
const deadlineMs = 10_000;
const pingMs = 10_000;
const pingDeadlineMs = 5_000;
const countersMs = 5_000;

/** Readings in a row that may fail before the segment is taken for broken. */
const maxUnreadable = 3;

/** One connection to VPP: API and stats segment as a unit, from connecting to the first failure. */
export class Session {
  readonly syncer: Syncer;
  /** Resolves with why it ended. */
  readonly ended: Promise<Error>;
  readonly #end: (reason: Error) => void;
  readonly #reader: CounterReader;
  readonly #repeating: Disposable[] = [];
  readonly #warnings: LimitedLog;
  #counters: LbCounters | undefined;
  #unreadable = 0;
  #isOver = false;

  private constructor(
    readonly info: VppInfo,
    readonly client: ApiClient,
    private readonly segment: StatsSegment,
    private readonly options: SessionOptions,
  ) {
    const { promise, resolve } = Promise.withResolvers<Error>();
    this.ended = promise;
    this.#end = resolve;
    this.#warnings = new LimitedLog(options.log, options.clock);
    this.syncer = new Syncer({ ...options, client, broken: (error) => this.fail(error) });
    this.#reader = new CounterReader(client, segment, this.syncer.known, options.clock);
    client.ended.then((reason) => this.fail(reason ?? new Error("the connection was closed")));
  }

  /**
   * Connects and asks who VPP is, changing nothing.
   * Rejects with a reason for the operator, everything closed again.
   */
  static async open(options: SessionOptions, signal: AbortSignal): Promise<Session> {
    const client = await connectApi(
      options.apiAddr,
      { log: options.log, clock: options.clock, observer: options.observer, deadlineMs },
      signal,
    );
    let segment: StatsSegment | undefined;
    try {
      segment = await openStatsSegment(options.statsAddr, {
        clock: options.clock,
        names: Object.values(statsNames),
        deadlineMs,
        signal,
      });
      const info = await identify(client, segment, options.clock, signal);
      return new Session(info, client, segment, options);
    } catch (error) {
      segment?.[Symbol.dispose]();
      await client.close();
      throw error;
    }
  }

  /** Times everything that waits or repeats. */
  get clock(): Clock {
    return this.options.clock;
  }

  /** Whether it has failed or was closed. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The last reading; before the first one there is none. */
  get counters(): LbCounters | undefined {
    return this.#counters;
  }

  /** Sets the global settings, learns what VPP holds, and starts what repeats. Changes no VIP. */
  async begin(): Promise<void> {
    const { log, checker, mayTouchAll } = this.options;
    try {
      await pushConf(this.client, checker.config.lb, log);
      await this.syncer.adopt();
    } catch (error) {
      return this.fail(error);
    }
    if (this.#isOver) return;
    this.#repeat(() => pingMs, () => this.#ping());
    this.#repeat(() => countersMs, () => this.#count());
    this.#repeat(() => checker.config.lb.syncIntervalMs, () => {
      if (mayTouchAll()) this.syncer.wantAll();
      return Promise.resolve();
    });
    await this.#count().catch((error) => this.fail(error));
  }

  /** Ends it because of `error`; the first one counts. */
  fail(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const one of this.#repeating) one[Symbol.dispose]();
    // At once: VPP may be gone, and nothing in the segment means anything then.
    this.segment[Symbol.dispose]();
    this.#counters = undefined;
    const reason = error instanceof Error ? error : new Error(reasonOf(error));
    this.syncer.stop(reason);
    this.#end(reason);
  }

  /**
   * Ends it and waits until nothing of it runs any more. Idempotent. VPP is told good-bye, unless
   * it has failed: a VPP that hangs would make us wait.
   */
  async close(): Promise<void> {
    if (this.#isOver) this.client.abandon(await this.ended);
    else this.fail(new Error("maglevd is stopping"));
    await this.client.close();
  }

  #repeat(delayMs: () => number, work: () => Promise<void>): void {
    const { clock } = this.options;
    this.#repeating.push(new Repeating(clock, delayMs, work, (error) => this.fail(error)));
  }

  async #ping(): Promise<void> {
    await this.client.request(controlPing, {}, { deadlineMs: pingDeadlineMs });
  }

  async #count(): Promise<void> {
    try {
      const counters = await this.#reader.read();
      if (!this.#isOver) this.#counters = counters;
      this.#unreadable = 0;
    } catch (error) {
      this.#unreadable++;
      if (!(error instanceof SegmentError) || this.#unreadable >= maxUnreadable) throw error;
      if (this.#isOver) return;
      this.#warnings.warn("vpp-stats-unreadable", { err: error.message });
    }
  }
}

async function identify(
  client: ApiClient,
  segment: StatsSegment,
  clock: Clock,
  signal: AbortSignal,
): Promise<VppInfo> {
  const [version, ping] = await Promise.all([
    client.request(showVersion, {}, { signal }),
    client.request(controlPing, {}, { signal }),
  ]);
  const bootSeconds = await segment.read((view) => view.scalar(statsNames.bootTime));
  if (bootSeconds === undefined) {
    throw new SegmentError(`the stats segment has no ${statsNames.bootTime}`);
  }
  return {
    version: version.version,
    buildDate: version.build_date,
    buildDirectory: version.build_directory,
    pid: ping.vpe_pid,
    bootTime: bootSeconds * 1000,
    connectedSince: clock.wall(),
  };
}
