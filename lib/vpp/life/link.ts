import { reasonOf } from "../../log/mod.ts";
import { NetError } from "../../net/mod.ts";
import type { Supervisor, Task } from "../../supervisor/mod.ts";
import { sleep } from "../../time/mod.ts";
import {
  abortable,
  ConnectionError,
  IncompatibleError,
  RetvalError,
  TimeoutError,
} from "../client/mod.ts";
import type { VppAway, VppInfo } from "../service.ts";
import { SegmentError } from "../stats/mod.ts";
import { fileIdentity } from "./connection.ts";
import { LinkWatch } from "./link_watch.ts";
import { type Connected, own, type OwnerOptions } from "./owner.ts";

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
export interface LinkOptions extends Omit<OwnerOptions, "progress" | "recognise" | "publish"> {
  /** Keeps it going. */
  readonly supervisor: Supervisor;
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
      return await own({
        ...this.options,
        progress: this.#watch,
        recognise: (info) => this.#recognise(info),
        publish: (connected) => {
          if (this.#connected) this.#awaySince = clock.wall();
          this.#connected = connected;
          since ??= clock.now();
        },
      }, signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      this.#reason = reasonOf(error);
      if (!isOutside(error)) {
        this.#watch.mistaken(error);
        throw error;
      }
      this.#watch.excused();
      if (since !== undefined) return clock.now() - since;
      this.#tell(this.#reason);
      return undefined;
    }
  }

  #recognise(info: VppInfo): boolean | undefined {
    const last = this.#last;
    this.#last = info;
    this.#told = undefined;
    return last && last.pid === info.pid && last.bootTime === info.bootTime;
  }

  #tell(err: string): void {
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

  get #looks(): OwnerOptions["socketIdentity"] {
    const { socketIdentity, connect } = this.options;
    return socketIdentity ?? (connect ? undefined : fileIdentity);
  }

  async #socket(signal: AbortSignal): Promise<string | undefined> {
    const looking = this.#looks?.(this.options.apiAddr);
    return looking && await abortable(looking, signal);
  }
}

/** What VPP and the way to it bring about. */
const outside = [
  ...[ConnectionError, TimeoutError, IncompatibleError, RetvalError, SegmentError, NetError],
  ...Object.values(Deno.errors),
];

/** Whether it is VPP or the way to it that failed: any other error is one of this program. */
function isOutside(error: unknown): boolean {
  return outside.some((kind) => error instanceof kind);
}
