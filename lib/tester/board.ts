import { TroubleLog } from "./stats/trouble_log.ts";
import { VipStats } from "./stats/vip_stats.ts";
import type { WindowLimits } from "./stats/window.ts";
import type { TryResult } from "./ask/types.ts";
import type { Vip } from "./targets.ts";
import { formatMs } from "./text.ts";

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
