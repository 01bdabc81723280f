import { VipStats } from "./stats/vip_stats.ts";
import type { WindowLimits } from "./stats/window.ts";
import { type Trouble, troubles, type TryResult } from "./ask/types.ts";
import type { Vip } from "./targets.ts";
import { formatMs } from "./text.ts";

/** The same trouble of one VIP, as often as it came without another one of it in between. */
export interface TroubleEntry {
  readonly vip: string;
  readonly kind: Trouble;
  /** What was seen last. */
  readonly text: string;
  readonly count: number;
  readonly lastAt: number;
}

/** Entries kept. */
const most = 100;

/** What went wrong, the latest first, and how often each kind did. Holds 100 entries. Pure. */
export class TroubleLog {
  readonly #entries = new Map<string, TroubleEntry>();
  readonly #totals: Record<Trouble, number> = { timeout: 0, http: 0, net: 0, spike: 0 };

  /** How often each kind came. */
  get totals(): Readonly<Record<Trouble, number>> {
    return this.#totals;
  }

  /** Something went wrong at `at`. Of spikes each text is another, and all are one entry. */
  add(vip: string, kind: Trouble, text: string, at: number): void {
    this.#totals[kind]++;
    const key = kind === "spike" ? `${kind} ${vip}` : `${kind} ${vip} ${text}`;
    const count = (this.#entries.get(key)?.count ?? 0) + 1;
    this.#entries.delete(key);
    this.#entries.set(key, { vip, kind, text, count, lastAt: at });
    if (this.#entries.size <= most) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }

  /** The latest first. */
  entries(): TroubleEntry[] {
    return [...this.#entries.values()].reverse();
  }

  /** Forgets everything. */
  clear(): void {
    this.#entries.clear();
    for (const kind of troubles) this.#totals[kind] = 0;
  }
}

/** Everything that is known since the start or the last reset. */
export class Board {
  readonly #limits: WindowLimits;
  #rows: ReadonlyMap<Vip, VipStats>;
  readonly troubles: TroubleLog = new TroubleLog();
  /** Milliseconds of the clock at which it began. */
  since: number;
  /** Tries that were left out, as too many were under way. */
  leftOut = 0;
  /** Why this host was no help, if the last try of some VIP came to nothing for that. */
  hindrance = "";

  /** With nothing known at `now`. */
  constructor(vips: readonly Vip[], limits: WindowLimits, now: number) {
    this.#limits = limits;
    this.since = now;
    this.#rows = emptyRows(vips, limits);
  }

  /** One for each VIP, in the order of the files. */
  get rows(): readonly VipStats[] {
    return [...this.#rows.values()];
  }

  /** A try of `vip` ended at `at`. */
  add(vip: Vip, result: TryResult, at: number): void {
    const spike = this.#rows.get(vip)?.add(result, at);
    if (result.kind === "hindered") this.hindrance = result.text;
    if (result.kind === "failed") this.troubles.add(vip.name, result.trouble, result.text, at);
    if (spike && result.kind === "answered") {
      const text = `took ${formatMs(result.ms)}, the median is ${formatMs(spike.slowerThanMs)}`;
      this.troubles.add(vip.name, "spike", text, at);
    }
  }

  /** Forgets everything. */
  reset(now: number): void {
    this.#rows = emptyRows([...this.#rows.keys()], this.#limits);
    this.troubles.clear();
    this.since = now;
    this.leftOut = 0;
    this.hindrance = "";
  }
}

function emptyRows(vips: readonly Vip[], limits: WindowLimits): ReadonlyMap<Vip, VipStats> {
  return new Map(vips.map((vip) => [vip, new VipStats(vip, limits)]));
}
