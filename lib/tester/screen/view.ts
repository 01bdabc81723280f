import type { Board, TroubleEntry } from "../board.ts";
import { troubles } from "../ask/types.ts";
import type { VipStats } from "../stats/vip_stats.ts";
import type { Unasked } from "../targets.ts";
import {
  clip,
  fit,
  formatSpan,
  type Meaning,
  type Paint,
  printable,
  shortCount,
  widthOf,
} from "../text.ts";
import { arranged, type Controls, type Extent, orderNames } from "./controls.ts";
import { layoutRows, titleLine, verdict, vipLines } from "./rows.ts";

/** What is to be shown. */
export interface View {
  readonly board: Board;
  readonly controls: Controls;
  readonly unasked: readonly Unasked[];
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly keepalive: boolean;
  /** The clock's milliseconds; those at which it was paused while it is. */
  readonly now: number;
}

/** The size of a terminal. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** A screen: as many lines as it has rows, none wider than its columns. */
export interface Frame {
  readonly lines: readonly string[];
  /** What there is to move in. */
  readonly extent: Extent;
}

/** A piece of a line. */
type Piece = readonly [text: string, meaning?: Meaning];

/** Below this nothing can be told. */
const fewest: Size = { columns: 20, rows: 5 };

/** Draws the screen. Pure. */
export function draw(view: View, { columns, rows }: Size, paint: Paint): Frame {
  const { board, controls, now } = view;
  if (columns < fewest.columns || rows < fewest.rows) return tooSmall({ columns, rows });
  const shown = arranged(board.rows, controls.order, controls.filter, now);
  const head = [headLine(view), countLine(view, shown)].map((each) => line(each, columns, paint));
  const panel = rows < 10 || controls.isHelp
    ? []
    : troubleLines(view, panelRows(rows), columns, paint);
  const room = Math.max(0, rows - head.length - panel.length - 1);
  const layout = layoutRows(columns, shown);
  const page = Math.max(1, Math.floor((room - 1) / layout.linesEach));
  const first = Math.min(controls.first, Math.max(0, shown.length - page));
  const list = shown.slice(first, first + page)
    .flatMap((row) => vipLines(row, layout, now, paint));
  const body = controls.isHelp
    ? helpLines.map((text) => clip(text, columns))
    : [titleLine(layout, paint), ...list];
  const foot = line(footLine(view, first, page, shown.length), columns, paint);
  const filled = [...body, ...new Array<string>(room).fill("")].slice(0, room);
  const lines = [...head, ...filled, ...panel, foot].slice(0, rows);
  return { lines, extent: { vips: shown.length, page } };
}

function tooSmall({ columns, rows }: Size): Frame {
  const lines = [clip("too small", columns), ...new Array<string>(rows).fill("")].slice(0, rows);
  return { lines, extent: { vips: 0, page: 1 } };
}

function headLine({ board, controls, intervalMs, timeoutMs, keepalive, now }: View): Piece[] {
  const count = board.rows.length;
  const often = `${count} VIP${count === 1 ? "" : "s"}, each every ${intervalMs}ms`;
  return [
    ["maglevt", "title"],
    [`  ${often}, timeout ${timeoutMs / 1000}s${keepalive ? ", kept flows" : ""}`],
    [`  for ${formatSpan(now - board.since)}`],
    ...controls.isPaused ? [["  PAUSED", "warning"]] satisfies Piece[] : [],
  ];
}

function countLine({ board, controls, unasked, now }: View, shown: readonly VipStats[]): Piece[] {
  const counts = new Map<string, { count: number; meaning: Meaning }>();
  for (const row of board.rows) {
    const { word, meaning } = verdict(row, row.window.summary(now));
    counts.set(word, { count: (counts.get(word)?.count ?? 0) + 1, meaning });
  }
  const pieces: Piece[] = [];
  for (const word of ["FAIL", "loss", "host", "wait", "ok"]) {
    const known = counts.get(word);
    if (!known) continue;
    if (pieces.length > 0) pieces.push(["  "]);
    pieces.push([`${known.count} ${word}`, known.meaning]);
  }
  if (controls.filterText !== "") {
    pieces.push([`  /${printable(controls.filterText)}/ ${shown.length} shown`, "warning"]);
  }
  if (board.leftOut > 0) {
    pieces.push([`  ${shortCount(board.leftOut)} tries left out: too many under way`, "warning"]);
  }
  if (counts.has("host")) pieces.push([`  host: ${printable(board.hindrance)}`, "warning"]);
  pieces.push([`  sorted: ${orderNames[controls.order]}`, "dim"]);
  if (unasked.length > 0) pieces.push([`  not asked: ${unasked.length} of UDP`, "dim"]);
  return pieces;
}

function panelRows(rows: number): number {
  return Math.min(10, Math.floor(rows / 4));
}

/** A line of totals and so many more of the latest troubles. */
function troubleLines(
  { board, now }: View,
  count: number,
  columns: number,
  paint: Paint,
): string[] {
  const { totals } = board.troubles;
  const title: Piece[] = [["Errors", "label"]];
  for (const kind of troubles) {
    title.push([`  ${kind} ${shortCount(totals[kind])}`, totals[kind] > 0 ? "warning" : "dim"]);
  }
  const entries = board.troubles.entries().slice(0, count - 1);
  const names = Math.min(24, Math.max(0, ...entries.map(({ vip }) => widthOf(printable(vip)))));
  const lines = entries.map((entry) => line(troublePieces(entry, names, now), columns, paint));
  const blanks = new Array<string>(Math.max(0, count - 1 - lines.length)).fill("");
  return [line(title, columns, paint), ...lines, ...blanks];
}

function troublePieces(
  { vip, kind, text, count, lastAt }: TroubleEntry,
  names: number,
  now: number,
): Piece[] {
  return [
    [fit(`${formatSpan(now - lastAt)} ago`, 10, "right"), "dim"],
    [` ${kind.padEnd(7)}`, kind === "spike" ? "warning" : "bad"],
    [` ${fit(printable(vip), names)}`],
    [`  ${printable(text)}`],
    [count > 1 ? `  ${shortCount(count)} times` : "", "dim"],
  ];
}

function footLine({ controls }: View, first: number, page: number, count: number): Piece[] {
  const { draft, complaint } = controls;
  if (draft !== undefined) {
    const note = complaint === "" ? "Enter filters, Escape leaves" : complaint;
    return [["/", "label"], [`${printable(draft)}_`], [`  ${printable(note)}`, "dim"]];
  }
  if (controls.isHelp) return [["any key goes back", "dim"]];
  const keys = "s sort  / filter  p pause  r reset  ? help  q quit";
  const last = Math.min(count, first + page);
  if (count === 0) return [[keys, "dim"], ["  no VIP matches"]];
  const where = count > page ? `  VIPs ${first + 1} to ${last} of ${count}` : "";
  return [[keys, "dim"], [where]];
}

/** The pieces in so many columns: what does not fit is cut off. */
function line(pieces: readonly Piece[], columns: number, paint: Paint): string {
  let left = columns;
  let text = "";
  for (const [piece, meaning] of pieces) {
    if (left <= 0) break;
    const cut = clip(piece, left);
    left -= widthOf(cut);
    text += meaning ? paint(meaning, cut) : cut;
  }
  return text;
}

/** What the screen says when asked for help, a line each. */
const helpLines: readonly string[] = [
  "s S        sort: as in the files, by name, address, loss, p99, failures",
  "/          filter by a regular expression; Escape shows all again",
  "p blank    pause: nothing is asked meanwhile",
  "r          reset: all figures begin anew",
  "arrows j k move in the list; also Page Up, Page Down, Home, End",
  "q Ctrl-C   quit",
  "",
  "ok    all tries of the last minute were answered",
  "loss  the last one was, others of the last minute were not",
  "FAIL  the last one was not",
  "host  this machine could not ask; the line at the top says why",
  "",
  "OK %, p50, p95, p99 and max are of the last minute, 1000 tries at most;",
  "tries and fails since the start or the last reset. Who answered within",
  "the last 5 s is bright; (in brackets): who did not.",
  "",
  "timeout  no answer in time        http   an answer that is not good",
  "net      no connection, bad TLS   spike  3 times the median, and 20 ms more",
];
