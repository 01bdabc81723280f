import type { VipStats } from "../stats/vip_stats.ts";
import type { Summary } from "../stats/window.ts";
import { placeOf } from "../targets.ts";
import { clip, fit, printable } from "../text.ts";
import { type Column, figures, fitting, widthOfAll } from "./columns.ts";
import type { Meaning, Paint } from "./paint.ts";
import { tallyText } from "./tally_text.ts";

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
