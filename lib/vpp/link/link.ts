import { type EventData, OperatorError } from "../../events/mod.ts";
import { reasonOf } from "../../log/mod.ts";
import type { Supervisor, Task } from "../../supervisor/mod.ts";
import { abortable, sleep } from "../../time/mod.ts";
import type { LbCounters, VppAway, VppInfo, VppStep } from "../service.ts";
import { KnownState } from "../state/known.ts";
import { StepTracker } from "../sync/step_tracker.ts";
import { keepInLine, type SyncContext } from "../sync/syncer.ts";
import { Connection, type ConnectionOptions, fileIdentity, Keepalive } from "./connection.ts";
import { LinkWatch } from "./link_watch.ts";
import { Reads } from "./reads.ts";
import { isOutside } from "./stats_source.ts";

/** Before the second attempt; doubled for each further one. */
const firstDelayMs = 50;

/** The longest wait between two attempts. */
const longestDelayMs = 5_000;

/** A connection that lasted so long has held: the next attempts begin with the first delay. */
const heldMs = 5_000;

/** How often the socket is looked at meanwhile: a VPP that comes back is noticed within this. */
const lookMs = 50;

/** The same reason for not connecting is told again after this time only. */
const repeatReasonMs = 60_000;

/** What a link needs. */
export interface LinkOptions
  extends
    ConnectionOptions,
    Pick<SyncContext, "checker" | "events" | "pending" | "ledger" | "mayTouch"> {
  /** Keeps it going. */
  readonly supervisor: Supervisor;
  /** Makes pending what may be touched. */
  readonly askForAll: () => void;
}

/** What others may see of a connection. Nothing of it can change VPP. */
export interface Connected {
  info(): VppInfo;
  readonly reads: Reads;
  step(): VppStep;
  counters(): LbCounters;
}

/**
 * Keeps a connection with VPP for as long as the program runs: one after the other, and after any
 * failure another is tried, at first at once, then at growing intervals, for ever.
 */
export class Link {
  readonly #watch: LinkWatch;
  readonly #task: Task;
  #connected: Connected | undefined;
  #last: VppInfo | undefined;
  #delayMs = firstDelayMs;
  #told: { readonly err: string; readonly at: number } | undefined;
  /** Unix milliseconds since when there is no connection, if there is none. */
  #awaySince: number;
  #reason = "maglevd has just been started";
  /** When the next attempt begins at the latest, by the clock; undefined while one is made. */
  #nextTryAt: number | undefined;

  /** Begins to connect. */
  constructor(private readonly options: LinkOptions) {
    this.#awaySince = options.clock.wall();
    this.#watch = new LinkWatch(options.clock, options.log);
    this.#task = options.supervisor.start("vpp-link", (signal) => this.#live(signal));
  }

  /** The present connection; undefined while there is none. */
  get connected(): Connected | undefined {
    return this.#connected;
  }

  /** Since when there is none, and why; undefined while there is one. */
  get away(): VppAway | undefined {
    if (this.#connected) return undefined;
    const { clock } = this.options;
    const waitMs = this.#nextTryAt === undefined ? undefined : this.#nextTryAt - clock.now();
    return {
      since: this.#awaySince,
      reason: this.#reason,
      nextTryAt: waitMs === undefined ? undefined : clock.wall() + Math.max(0, waitMs),
    };
  }

  /** What is wrong with it, if anything; a VPP that is away is not. */
  complaint(): string | undefined {
    return this.#watch.complaint();
  }

  /** Says good-bye to VPP, which keeps all it has. Waits until nothing runs any more. */
  async close(): Promise<void> {
    await this.#task.close();
  }

  async #live(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const before = await this.#socket(signal);
      const heldFor = await this.#connection(signal);
      if (signal.aborted) return;
      if (heldFor !== undefined && heldFor >= heldMs) this.#delayMs = 0;
      await this.#pause(before, signal);
    }
  }

  /** One connection; resolves with how long it lasted, undefined when there was none. */
  async #connection(signal: AbortSignal): Promise<number | undefined> {
    const { clock } = this.options;
    let since: number | undefined;
    try {
      this.#watch.awaiting("a connection to VPP");
      const connection = await Connection.open(this.options, signal);
      since = clock.now();
      return await this.#own(connection, signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      this.#reason = reasonOf(error);
      if (!isOutside(error)) {
        this.#watch.mistaken(error);
        throw error;
      }
      this.#watch.excused();
      if (since !== undefined) return clock.now() - since;
      this.#warn(this.#reason);
      return undefined;
    }
  }

  /**
   * Owns one connection to its end: the only place that has it. Never resolves; rejects with why it
   * ended, everything closed again.
   */
  async #own(connection: Connection, signal: AbortSignal): Promise<never> {
    const { checker, clock, log, events, ledger, pending, observer, mayTouch } = this.options;
    const stop = () => void connection.close();
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    const { client } = connection;
    const known = new KnownState();
    const step = new StepTracker(clock, events);
    const keepalive = new Keepalive(connection, known, clock, log);
    const progress = this.#watch;
    try {
      const isSame = this.#recognise(connection.info);
      if (isSame === false) ledger.clear();
      this.#connected = {
        info: () => connection.info,
        reads: new Reads(client, clock, ledger),
        step: () => ({
          ...step.state,
          pendingSince: step.pendingSince ?? (pending.isEmpty ? undefined : clock.wall()),
        }),
        counters: () => keepalive.counters ?? { at: 0, vips: [], addresses: [], servers: [] },
      };
      this.#tell("connected", "", {
        ...description(connection.info),
        restarted: isSame === false || undefined,
      });
      return await keepInLine({
        ...{ client, pending, known, step, checker, ledger, log, clock, events, progress },
        ...{ observer, mayTouch },
        adopted: () => {
          this.options.askForAll();
          keepalive.start();
        },
      }, connection.signal);
    } catch (error) {
      connection.fail(error);
      throw connection.signal.reason;
    } finally {
      this.#connected = undefined;
      // Perhaps more of it than at first.
      this.#last = connection.info;
      this.#awaySince = clock.wall();
      keepalive[Symbol.dispose]();
      signal.removeEventListener("abort", stop);
      const reason = reasonOf(connection.signal.reason);
      if (signal.aborted) log.info("vpp-disconnect", { reason });
      else this.#tell("lost", reason);
      pending.rejectWaiters(new OperatorError("unavailable", `VPP was disconnected: ${reason}`));
      progress.awaiting("the end of a connection to VPP");
      await connection.close();
    }
  }

  /**
   * Whether this is the VPP of the connection before; undefined for the first one. While one of the
   * two has not told when it was started, their process tells them apart: that VPP is taken for
   * another would have flows moved that were moved already.
   */
  #recognise({ pid, bootTime }: VppInfo): boolean | undefined {
    const last = this.#last;
    this.#told = undefined;
    if (!last) return undefined;
    if (last.pid !== pid) return false;
    return last.bootTime === bootTime || last.bootTime === 0 || bootTime === 0;
  }

  #tell(
    change: EventData<"vpp">["change"],
    detail: string,
    attributes?: EventData<"vpp">["attributes"],
  ): void {
    const event = { kind: "vpp", change, detail, cause: { kind: "vpp" } } as const;
    this.options.events.emit([attributes ? { ...event, attributes } : event]);
  }

  /** Why there is no connection. */
  #warn(err: string): void {
    const { apiAddr, statsAddr, clock, log } = this.options;
    const now = clock.now();
    if (this.#told?.err === err && now - this.#told.at < repeatReasonMs) return;
    this.#told = { err, at: now };
    log.warn("vpp-connect-failed", { "api-addr": apiAddr, "stats-addr": statsAddr, err });
  }

  /** Waits for the next attempt, or until another socket lies there than `before`. */
  async #pause(before: string | undefined, signal: AbortSignal): Promise<void> {
    const { clock } = this.options;
    const end = clock.now() + this.#delayMs;
    this.#watch.awaiting("the next attempt to connect to VPP");
    this.#nextTryAt = end;
    for (let left = this.#delayMs; left > 0; left = end - clock.now()) {
      const isThereOther = await this.#isOther(before, signal);
      if (isThereOther) this.#delayMs = 0;
      if (isThereOther || signal.aborted) break;
      await sleep(clock, Math.min(left, lookMs), signal);
    }
    this.#nextTryAt = undefined;
    this.#delayMs = Math.min(Math.max(firstDelayMs, 2 * this.#delayMs), longestDelayMs);
  }

  async #isOther(before: string | undefined, signal: AbortSignal): Promise<boolean> {
    const now = await this.#socket(signal);
    return now !== undefined && now !== before;
  }

  async #socket(signal: AbortSignal): Promise<string | undefined> {
    const { apiAddr, connect, socketIdentity } = this.options;
    const look = socketIdentity ?? (connect ? undefined : fileIdentity);
    const looking = look?.(apiAddr);
    return looking && await abortable(looking, signal);
  }
}

function description({ version, buildDate, pid, bootTime }: VppInfo) {
  return {
    version,
    "build-date": buildDate,
    pid,
    boottime: bootTime > 0 ? new Date(bootTime).toISOString() : "unknown",
  };
}
