import { shortCount, shortMs, shortPercent } from "../text.ts";
import type { VipStats } from "../stats/vip_stats.ts";
import type { Summary } from "../stats/window.ts";

/** A column of figures. */
export interface Column {
  readonly title: string;
  readonly width: number;
  /** Which leave first where there is no room: the lowest. */
  readonly worth: number;
  readonly align: "left" | "right";
  readonly cell: (row: VipStats, summary: Summary) => string;
}

/** The figures of a VIP, from left to right. */
export const figures: readonly Column[] = [
  {
    ...{ title: "OK %", width: 5, worth: 9, align: "right" },
    cell: (_, { tries, failures }) => shortPercent(tries - failures, tries),
  },
  { ...ms("p50", 7), cell: (_, { p50 }) => shortMs(p50) },
  { ...ms("p95", 3), cell: (_, { p95 }) => shortMs(p95) },
  { ...ms("p99", 6), cell: (_, { p99 }) => shortMs(p99) },
  { ...ms("max", 1), cell: (_, { max }) => shortMs(max) },
  { ...count("tries", 2), cell: ({ tries }) => shortCount(tries) },
  { ...count("fails", 5), cell: ({ failures }) => shortCount(failures) },
  {
    ...{ title: "last", width: 7, worth: 8, align: "left" },
    cell: ({ status }) => status,
  },
];

/** Those for which there is room in so many columns, a blank before each; the worthiest. Pure. */
export function fitting(columns: readonly Column[], width: number): readonly Column[] {
  let kept = columns;
  while (kept.length > 0 && widthOfAll(kept) > width) {
    const least = Math.min(...kept.map(({ worth }) => worth));
    kept = kept.filter(({ worth }) => worth !== least);
  }
  return kept;
}

/** What they take, a blank before each. */
export function widthOfAll(columns: readonly Column[]): number {
  return columns.reduce((sum, { width }) => sum + 1 + width, 0);
}

function ms(title: string, worth: number): Omit<Column, "cell"> {
  return { title, width: 5, worth, align: "right" };
}

function count(title: string, worth: number): Omit<Column, "cell"> {
  return { title, width: 6, worth, align: "right" };
}
