import type { ApplyCounts } from "./apply.ts";

/** Who waits for a sync. */
export interface Waiter {
  resolve(counts: ApplyCounts): void;
  reject(error: unknown): void;
}

/** A sync asked for. */
export interface Want {
  /** VPP is to be asked what it holds first, whatever is known. */
  fresh: boolean;
  readonly waiters: Waiter[];
}

/**
 * Syncs asked for and not begun. Asking again for what is asked for already changes nothing, so a
 * thousand transitions of a frontend are one sync.
 */
export class Wants {
  #all: Want | undefined;
  #frontends = new Map<string, Want>();
  #isConf = false;

  /** Everything. */
  addAll(waiter?: Waiter): void {
    this.#all ??= { fresh: true, waiters: [] };
    if (waiter) this.#all.waiters.push(waiter);
  }

  /** One frontend. */
  addOne(frontend: string, fresh: boolean, waiter?: Waiter): void {
    let want = this.#frontends.get(frontend);
    if (!want) this.#frontends.set(frontend, want = { fresh, waiters: [] });
    want.fresh ||= fresh;
    if (waiter) want.waiters.push(waiter);
  }

  /** The global settings. */
  addConf(): void {
    this.#isConf = true;
  }

  /** Whether anything waits. */
  get some(): boolean {
    return this.#isConf || this.#all !== undefined || this.#frontends.size > 0;
  }

  takeAll(): Want | undefined {
    const all = this.#all;
    this.#all = undefined;
    return all;
  }

  takeConf(): boolean {
    const isConf = this.#isConf;
    this.#isConf = false;
    return isConf;
  }

  /** The frontends; only those that may be planned by what is known, if `knownOnly`. */
  takeFrontends(knownOnly = false): Map<string, Want> {
    const taken = new Map<string, Want>();
    for (const [name, want] of this.#frontends) {
      if (knownOnly && want.fresh) continue;
      taken.set(name, want);
      this.#frontends.delete(name);
    }
    return taken;
  }

  /** Whether a frontend waits that may be planned by what is known. */
  get urgent(): boolean {
    for (const { fresh } of this.#frontends.values()) if (!fresh) return true;
    return false;
  }

  /** Nothing will be done any more. */
  rejectAll(error: unknown): void {
    const wants = [this.takeAll(), ...this.takeFrontends().values()];
    for (const want of wants) rejectWant(want, error);
  }
}

/** Tells those who wait how it went. */
export function resolveWant(want: Want | undefined, counts: ApplyCounts): void {
  for (const waiter of want?.waiters ?? []) waiter.resolve(counts);
}

/** Tells those who wait that it failed. */
export function rejectWant(want: Want | undefined, error: unknown): void {
  for (const waiter of want?.waiters ?? []) waiter.reject(error);
}
