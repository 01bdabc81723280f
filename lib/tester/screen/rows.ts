import type { Tally, VipStats } from "../stats/vip_stats.ts";
import type { Summary } from "../stats/window.ts";
import { placeOf } from "../targets.ts";
import {
  clip,
  fit,
  type Meaning,
  type Paint,
  printable,
  shortCount,
  shortMs,
  shortPercent,
  widthOf,
} from "../text.ts";

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
function widthOfAll(columns: readonly Column[]): number {
  return columns.reduce((sum, { width }) => sum + 1 + width, 0);
}

function ms(title: string, worth: number): Omit<Column, "cell"> {
  return { title, width: 5, worth, align: "right" };
}

function count(title: string, worth: number): Omit<Column, "cell"> {
  return { title, width: 6, worth, align: "right" };
}

/** How the list of VIPs is laid out in a width. */
export interface RowLayout {
  readonly width: number;
  /** One where place and tally stand beside the figures, two where they stand below. */
  readonly linesEach: 1 | 2;
  readonly name: number;
  readonly columns: readonly Column[];
  /** Columns for address, port and way; 0 where they stand below. */
  readonly place: number;
}

const state = 4;
const titleOfNames = "VIP (times in ms)";
const shortestName = 16;
const longestName = 32;
/** From so many columns on all stands in one line. */
const wide = 140;
/** `[2001:db8:1234:5678::1]:443 https`. */
const widestPlace = 36;

/** The layout for a terminal so wide. Pure. */
export function layoutRows(width: number, rows: readonly VipStats[]): RowLayout {
  const columns = fitting(figures, width - state - 1 - Math.min(shortestName, width / 2));
  const left = Math.max(1, width - state - 1 - widthOfAll(columns));
  if (width < wide) return { width, linesEach: 2, name: left, columns, place: 0 };
  const longest = (text: (row: VipStats) => string) =>
    Math.max(...rows.map((row) => text(row).length), 1);
  const name = Math.min(longestName, Math.max(shortestName, longest(({ vip }) => vip.name)));
  const place = Math.min(widestPlace, longest(placeText));
  return { width, linesEach: 1, name, columns, place };
}

/** The titles of the columns. Pure. */
export function titleLine({ width, name, columns, place }: RowLayout, paint: Paint): string {
  const cells = [
    " ".repeat(state),
    fit(name < titleOfNames.length ? "VIP (ms)" : titleOfNames, name),
    ...place > 0 ? [fit("address", place)] : [],
    ...columns.map((column) => fit(column.title, column.width, column.align)),
    ...place > 0 ? ["answered by"] : [],
  ];
  return paint("label", clip(cells.join(" "), width));
}

/** The lines of one VIP. Pure. */
export function vipLines(row: VipStats, layout: RowLayout, now: number, paint: Paint): string[] {
  const { width, name, columns, place } = layout;
  const summary = row.window.summary(now);
  const { word, meaning } = verdict(row, summary);
  const cells = columns.map((column) => {
    const text = fit(column.cell(row, summary), column.width, column.align);
    return column.title === "last" && row.condition === "failing" ? paint("bad", text) : text;
  });
  const start = [
    paint(meaning, fit(word, state)),
    paint("title", fit(printable(row.vip.name), name)),
  ];
  if (place > 0) {
    const used = state + 1 + name + 1 + place + widthOfAll(columns) + 1;
    const tally = tallyText(row.tally, now, Math.max(0, width - used), paint);
    return [[...start, fit(placeText(row), place), ...cells, tally].join(" ").trimEnd()];
  }
  const where = clip(placeText(row), width - state - 1);
  const room = width - state - 1 - where.length - 2;
  const tally = room > 8 ? tallyText(row.tally, now, room, paint) : "";
  const below = " ".repeat(state + 1) + paint("dim", where) + (tally === "" ? "" : `  ${tally}`);
  return [[...start, ...cells].join(" ").trimEnd(), below];
}

function placeText({ vip }: VipStats): string {
  return `${placeOf(vip)} ${vip.way}`;
}

/** How it is with a VIP, in a word and a colour. */
export function verdict(
  { condition }: VipStats,
  { failures }: Summary,
): { readonly word: string; readonly meaning: Meaning } {
  switch (condition) {
    case "waiting":
      return { word: "wait", meaning: "dim" };
    case "failing":
      return { word: "FAIL", meaning: "bad" };
    case "hindered":
      return { word: "host", meaning: "warning" };
    case "ok":
      return failures > 0 ? { word: "loss", meaning: "warning" } : { word: "ok", meaning: "good" };
  }
}

/**
 * Which servers answered, and how often, in so many columns: those of a moment ago bright, the others
 * grey and in brackets. Pure.
 */
function tallyText(tally: Tally, now: number, width: number, paint: Paint): string {
  const pieces = tally.values(now).map(({ value, count, isRecent }) => {
    const text = `${value === "" ? '""' : printable(value)} ${shortCount(count)}`;
    return isRecent ? { text, meaning: "bright" as const } : {
      ...{ text: `(${text})`, meaning: "dim" as const },
    };
  });
  const { others, without } = tally;
  if (others > 0) pieces.push({ text: `(others ${shortCount(others)})`, meaning: "dim" });
  if (without > 0) pieces.push({ text: `(no header ${shortCount(without)})`, meaning: "dim" });
  const shown: string[] = [];
  let left = width;
  for (const [i, { text, meaning }] of pieces.entries()) {
    const gap = i === 0 ? 0 : 2;
    const rest = pieces.length - i;
    const mark = rest > 1 ? 3 + `+${rest - 1}`.length : 0;
    if (i > 0 && gap + widthOf(text) + mark > left) {
      if (left >= 2 + `+${rest}`.length) shown.push(paint("dim", `+${rest}`));
      break;
    }
    const cut = clip(text, left);
    shown.push(paint(meaning, cut));
    left -= gap + widthOf(cut);
  }
  return shown.join("  ");
}
