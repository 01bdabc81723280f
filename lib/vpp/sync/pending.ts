import { abortable } from "../../time/mod.ts";
import type { LbSyncKind } from "../service.ts";

/** How often VPP accepted or refused a change of each kind: what a sync did. */
export type SyncCounts = Record<LbSyncKind | "refused", number>;

/** How a sync went. */
export interface SyncOutcome {
  readonly counts: SyncCounts;
  /** What is not as desired all the same, and why, a line each. */
  readonly differs: readonly string[];
}

/** An operator who waits for a sync. */
export interface Waiter {
  resolve(outcome: SyncOutcome): void;
  reject(error: unknown): void;
}

/**
 * What is asked for and not begun. It is there whether VPP is or not, and starts nothing: it only
 * wakes whoever owns the connection, if there is one. Asking again for what waits already changes
 * nothing, so a thousand transitions of a frontend are one sync.
 */
export class Pending {
  #conf = false;
  /** What probes have found out something about goes first. */
  readonly #probed = new Set<string>();
  readonly #changed = new Set<string>();
  readonly #asked = new Map<string, Waiter[]>();
  #all: Waiter[] | undefined;
  #something = Promise.withResolvers<void>();
  #urgent = Promise.withResolvers<void>();

  /** The global settings may differ. */
  addConf(): void {
    this.#conf = true;
    this.#something.resolve();
  }

  /**
   * This frontend has changed: it is planned by what is known of VPP, before anything else; if it
   * was a probe that found that out, also before others that have changed.
   */
  addChanged(frontend: string, by: "probe" | "other"): void {
    if (by === "probe") {
      this.#changed.delete(frontend);
      this.#probed.add(frontend);
    } else if (!this.#probed.has(frontend)) this.#changed.add(frontend);
    this.#something.resolve();
    this.#urgent.resolve();
  }

  /** Everything is to be compared with what VPP holds. */
  addAll(waiters: readonly Waiter[] = []): void {
    this.#all = [...this.#all ?? [], ...waiters];
    this.#something.resolve();
  }

  /** An operator wants one frontend compared with what VPP holds, or everything. */
  ask(frontend?: string): Promise<SyncOutcome> {
    const { promise, resolve, reject } = Promise.withResolvers<SyncOutcome>();
    const waiter = { resolve, reject };
    if (frontend === undefined) this.addAll([waiter]);
    else {
      this.#asked.set(frontend, [...this.#asked.get(frontend) ?? [], waiter]);
      this.#something.resolve();
    }
    return promise;
  }

  /** Whether nothing waits. */
  get isEmpty(): boolean {
    return !this.#conf && !this.#hasChanged && this.#asked.size === 0 && !this.#all;
  }

  /** Whether everything is to be looked at. */
  get isAllPending(): boolean {
    return this.#all !== undefined;
  }

  /** Resolves when something waits. Rejects with the signal's reason. */
  async some(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.isEmpty) return;
    this.#something = Promise.withResolvers();
    await abortable(this.#something.promise, signal);
  }

  /** Resolves when a frontend has changed and was not taken. */
  urgent(): Promise<void> {
    if (!this.#hasChanged) this.#urgent = Promise.withResolvers();
    return this.#urgent.promise;
  }

  /** Whether the global settings may differ; they are somebody's business now. */
  takeConf(): boolean {
    const conf = this.#conf;
    this.#conf = false;
    return conf;
  }

  /** The frontends that probes have found to have changed, in the order in which they did. */
  takeProbed(): string[] {
    return taken(this.#probed);
  }

  /** The others that have changed, in the order in which they did. */
  takeChanged(): string[] {
    return taken(this.#changed);
  }

  /** The frontends that operators ask for, and who waits for each. */
  takeAsked(): Map<string, readonly Waiter[]> {
    const asked = new Map(this.#asked);
    this.#asked.clear();
    return asked;
  }

  /** Who waits for everything, perhaps nobody; undefined when it was not asked for. */
  takeAll(): readonly Waiter[] | undefined {
    const all = this.#all;
    this.#all = undefined;
    return all;
  }

  /** Nobody waits any more: VPP is gone. What has to be done remains. */
  rejectWaiters(error: unknown): void {
    for (const waiters of this.takeAsked().values()) rejectAll(waiters, error);
    if (!this.#all) return;
    rejectAll(this.#all, error);
    this.#all = [];
  }

  /** Forgets frontends that do not exist any more. */
  keepFrontends(exists: (frontend: string) => boolean): void {
    for (const names of [this.#probed, this.#changed]) {
      for (const name of names) if (!exists(name)) names.delete(name);
    }
  }

  get #hasChanged(): boolean {
    return this.#probed.size + this.#changed.size > 0;
  }
}

function taken(names: Set<string>): string[] {
  const all = [...names];
  names.clear();
  return all;
}

/** Tells those who wait how it went. */
export function resolveAll(waiters: readonly Waiter[], outcome: SyncOutcome): void {
  for (const waiter of waiters) waiter.resolve(outcome);
}

/** Tells those who wait that it failed. */
export function rejectAll(waiters: readonly Waiter[], error: unknown): void {
  for (const waiter of waiters) waiter.reject(error);
}
