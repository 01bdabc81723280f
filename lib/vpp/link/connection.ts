import { controlPing, showVersion } from "../../gen/vpp.ts";
import { asError, type Logger } from "../../log/mod.ts";
import { abortable, type Clock, type Timer } from "../../time/mod.ts";
import {
  type ApiClient,
  type Connect,
  connectApi,
  openStatsSegment,
  SegmentError,
} from "../../vppclient/mod.ts";
import { CounterReader, statsNames } from "../counters.ts";
import type { LbCounters, VppInfo, VppObserver } from "../service.ts";
import type { KnownState } from "../state/known.ts";
import { StatsSource, unlessUnreadable } from "./stats_source.ts";

/** The file that lies at `path`: each start of VPP makes another one. */
export async function fileIdentity(path: string): Promise<string | undefined> {
  try {
    const { dev, ino, mtime } = await Deno.lstat(path);
    return `${dev} ${ino} ${mtime?.getTime()}`;
  } catch {
    // Whatever the reason, connecting will tell it.
    return undefined;
  }
}

/** What every connection to VPP is made of. How VPP is reached is as on a machine unless given. */
export interface ConnectionOptions {
  /** The API socket. */
  readonly apiAddr: string;
  /** The stats socket. */
  readonly statsAddr: string;
  /** Takes what is done, and every API message at debug. */
  readonly log: Logger;
  /** Times everything that waits or repeats. */
  readonly clock: Clock;
  /** Counts for the metrics. */
  readonly observer?: VppObserver | undefined;
  /** Opens a connection to the API socket. */
  readonly connect?: Connect | undefined;
  /** Fetches the stats segment. */
  readonly openSegment?: typeof openStatsSegment | undefined;
  /**
   * What tells the socket at a path from one that is put there later, undefined when there is none.
   * A real machine's is looked at only if `connect` is a real machine's as well.
   */
  readonly socketIdentity?: ((path: string) => Promise<string | undefined>) | undefined;
}

/** Milliseconds allowed for any answer: a VPP that takes longer is taken for hung. */
const deadlineMs = 10_000;

/** In 2242: nanoseconds of later times do not fit into the API's 64 bits. */
const endOfTime = 2 ** 33;

/**
 * API and stats segment of one VPP as a unit, from connecting to the first failure. What is in the
 * segment is no part of that: VPP is to be told what to forward though its counters make no sense.
 */
export class Connection {
  readonly #over = new AbortController();
  #closing: Promise<void> | undefined;

  #info: VppInfo;

  private constructor(info: VppInfo, readonly client: ApiClient, readonly segment: StatsSource) {
    this.#info = info;
    client.ended.then((reason) => this.fail(reason));
  }

  /**
   * Connects and asks who VPP is, changing nothing.
   * Rejects with a reason for the operator, everything closed again.
   */
  static async open(options: ConnectionOptions, signal: AbortSignal): Promise<Connection> {
    const { apiAddr, statsAddr, log, clock, observer } = options;
    const context = { log, clock, observer, deadlineMs };
    const client = await connectApi(apiAddr, context, signal, options.connect);
    let segment: StatsSource | undefined;
    try {
      const openSegment = options.openSegment ?? openStatsSegment;
      const names = Object.values(statsNames);
      const fetch = (signal: AbortSignal) =>
        openSegment(statsAddr, { clock, names, deadlineMs, signal });
      segment = await StatsSource.open(fetch, signal);
      const info = await identify(client, clock, signal);
      const connection = new Connection(info, client, segment);
      // Why it is unreadable is told by whoever reads its counters.
      if (segment.isThere) await connection.learnBootTime().catch(unlessUnreadable);
      return connection;
    } catch (error) {
      segment?.[Symbol.dispose]();
      await client.close();
      throw error;
    }
  }

  /** Who VPP is, as far as it has told yet. */
  get info(): VppInfo {
    return this.#info;
  }

  /** Reads when VPP was started, where that is not known. Rejects as a reading of counters does. */
  async learnBootTime(): Promise<void> {
    if (this.#info.bootTime > 0) return;
    const seconds = await this.segment.read((view) => view.scalar(statsNames.bootTime)) ?? -1;
    const bootTime = seconds >= 0 && seconds < endOfTime ? seconds * 1000 : 0;
    this.#info = { ...this.#info, bootTime };
  }

  /** Aborted when it is over; the reason says why. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Ends it because of `error`; the first one counts. */
  fail(error: unknown): void {
    if (this.signal.aborted) return;
    const reason = asError(error);
    this.#end(reason);
    this.client.abandon(reason);
  }

  /**
   * Ends it and waits until nothing of it runs any more. Idempotent. VPP is told good-bye, unless
   * it has failed: a VPP that hangs would make us wait.
   */
  close(): Promise<void> {
    this.#end(new Error("maglevd is stopping"));
    this.#closing ??= this.client.close();
    return this.#closing;
  }

  /** The first reason counts. */
  #end(reason: Error): void {
    this.#over.abort(reason);
    // At once: VPP may be gone, and nothing in the segment means anything then.
    this.segment[Symbol.dispose]();
  }
}

async function identify(
  client: ApiClient,
  clock: Clock,
  signal: AbortSignal,
): Promise<VppInfo> {
  signal.throwIfAborted();
  const asked = Promise.all([client.request(showVersion, {}), client.request(controlPing, {})]);
  const [version, ping] = await abortable(asked, signal);
  return {
    version: version.version,
    buildDate: version.build_date,
    buildDirectory: version.build_directory,
    pid: ping.vpe_pid,
    bootTime: 0,
    connectedSince: clock.wall(),
  };
}

const pingMs = 10_000;
const pingDeadlineMs = 5_000;
const countersMs = 5_000;

/** Readings in a row that may fail before the counters of the last one mean nothing any more. */
const maxUnreadable = 3;

/** What is asked of a connected VPP again and again: whether it lives, and its counters. */
export class Keepalive implements Disposable {
  readonly #reader: CounterReader;
  readonly #timers = new Map<() => Promise<void>, Timer>();
  #counters: LbCounters | undefined;
  #unreadable = 0;

  /** Asks nothing yet. */
  constructor(
    private readonly connection: Connection,
    known: KnownState,
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {
    this.#reader = new CounterReader(connection.client, connection.segment, known, clock);
  }

  /** Begins. What fails ends the connection. */
  start(): void {
    this.#later(pingMs, this.#ping);
    void this.#run(countersMs, this.#count);
  }

  /** Ends it, the connection being over. */
  [Symbol.dispose](): void {
    for (const timer of this.#timers.values()) timer.cancel();
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
      await this.connection.learnBootTime();
      this.#counters = await this.#reader.read();
      if (this.#unreadable > 0) this.log.info("vpp-stats-readable");
      this.#unreadable = 0;
    } catch (error) {
      if (!(error instanceof SegmentError)) throw error;
      // Once the connection is over the segment is not there any more.
      if (this.connection.signal.aborted) return;
      this.#unreadable++;
      const isLasting = this.#unreadable === maxUnreadable;
      if (isLasting) this.#counters = undefined;
      if (!isLasting && this.#unreadable > 1) return;
      const counters = isLasting ? "none until it can be read again" : "those of the last reading";
      this.log.warn("vpp-stats-unreadable", { err: error.message, counters });
    }
  };
}
