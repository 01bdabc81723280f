import { VipStats } from "./stats/vip_stats.ts";
import type { WindowLimits } from "./stats/window.ts";
import type { Trouble, TryResult } from "./ask/types.ts";
import type { Unasked, Vip } from "./targets.ts";
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
  /** How often each kind came. */
  readonly totals: Record<Trouble, number> = { timeout: 0, http: 0, net: 0, spike: 0 };

  /** Something went wrong at `at`. Of spikes each text is another, and all are one entry. */
  add(vip: string, kind: Trouble, text: string, at: number): void {
    this.totals[kind]++;
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
}

/** Everything that is known since the start or the last reset. */
export class Board {
  #rows: ReadonlyMap<Vip, VipStats>;
  troubles: TroubleLog = new TroubleLog();
  /** Milliseconds of the clock at which it began. */
  since: number;
  /** Tries that were left out, as too many were under way. */
  leftOut = 0;
  /** Why this host was no help, if the last try of some VIP came to nothing for that. */
  hindrance = "";

  /** With nothing known at `now`. */
  constructor(vips: readonly Vip[], private readonly limits: WindowLimits, now: number) {
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
    this.#rows = emptyRows([...this.#rows.keys()], this.limits);
    this.troubles = new TroubleLog();
    this.since = now;
    this.leftOut = 0;
    this.hindrance = "";
  }
}

function emptyRows(vips: readonly Vip[], limits: WindowLimits): ReadonlyMap<Vip, VipStats> {
  return new Map(vips.map((vip) => [vip, new VipStats(vip, limits)]));
}

/** What a report is about, besides the board. */
export interface ReportInit {
  readonly version: string;
  readonly unasked: readonly Unasked[];
  /** Percent. */
  readonly maxLoss: number;
  /** The interval that was kept. */
  readonly intervalMs: number;
}

/** Whether no VIP lost more of its tries than so many percent. One without tries lost all. Pure. */
export function isWithin(board: Board, maxLoss: number): boolean {
  return board.rows.every(({ lossPercent }) => lossPercent <= maxLoss);
}

/** What `--json` prints: times in milliseconds. Pure. */
export function reportOf(board: Board, init: ReportInit, now: number): unknown {
  const { version, unasked, maxLoss, intervalMs } = init;
  return {
    version,
    seconds: rounded((now - board.since) / 1000),
    intervalMs,
    maxLossPercent: maxLoss,
    ok: isWithin(board, maxLoss),
    vips: board.rows.map((row) => vipReport(row, now)),
    notAsked: unasked,
    troubles: {
      ...board.troubles.totals,
      latest: board.troubles.entries().map(({ vip, kind, text, count, lastAt }) => ({
        ...{ vip, kind, text, count },
        secondsAgo: rounded((now - lastAt) / 1000),
      })),
    },
    leftOut: board.leftOut,
  };
}

function vipReport(row: VipStats, now: number): unknown {
  const { vip, tries, failures, hindered, status, tally } = row;
  const { p50, p95, p99, max } = row.window.summary(now);
  const values = tally.values(now).map(({ value, count }) => [value, count] as const);
  return {
    name: vip.name,
    address: vip.address.text,
    protocol: vip.protocol,
    port: vip.port,
    way: vip.way,
    ...{ tries, failures, hindered },
    lossPercent: rounded(row.lossPercent),
    lastStatus: status,
    ms: { p50: known(p50), p95: known(p95), p99: known(p99), max: known(max) },
    header: {
      values: Object.fromEntries(values),
      others: tally.others,
      without: tally.without,
    },
  };
}

function known(ms: number | undefined): number | null {
  return ms === undefined ? null : rounded(ms);
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
