import type { Board } from "./board.ts";
import type { VipStats } from "./stats/vip_stats.ts";
import type { Unasked } from "./targets.ts";

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
