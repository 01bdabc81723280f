import stringWidth from "fast-string-width";
import type { Meaning, Style } from "./style.ts";

/** A piece of text and what it means. Widths are counted before painting, so columns stay put. */
export interface Cell {
  readonly text: string;
  readonly meaning?: Meaning;
}

/** One column of a table. */
export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
}

/** Columns with these titles. */
export function left(...titles: string[]): Column[] {
  return titles.map((title) => ({ title }));
}

/** The same, for numbers. */
export function right(...titles: string[]): Column[] {
  return titles.map((title) => ({ title, align: "right" }));
}

/** What a table is printed on. */
export interface Layout {
  readonly style: Style;
  /** Columns that there are; undefined: as many as it takes. */
  readonly width?: number | undefined;
}

/** What stands below a heading stands so far to the right. */
const indentation = 2;

/** Between columns. */
const gap = 2;

/** How far lines that go on stand to the right, where no column says it. */
const hanging = 4;

/**
 * Lines with columns two spaces apart, under a line of titles if there are any. No trailing blanks.
 * Columns that do not fit beside the others stand in lines of their own below them, in the titles as
 * in each row.
 */
export function formatTable(
  { style, width = Infinity }: Layout,
  columns: readonly Column[],
  rows: readonly (readonly (Cell | string)[])[],
): string {
  const titles = columns.map((column) => ({ text: column.title, meaning: "label" as const }));
  const lines = [...(columns.length > 0 ? [titles] : []), ...rows.map((row) => row.map(asCell))];
  const count = Math.max(0, ...lines.map(({ length }) => length));
  const widths = Array.from(
    { length: count },
    (_, i) => Math.max(...lines.map((line) => stringWidth(line[i]?.text ?? ""))),
  );
  const parts = folded(widths, width);
  const laid = lines.flatMap((line) =>
    parts.map(({ from, to }, part) => {
      const text = formatLine(
        style,
        columns.slice(from, to),
        widths.slice(from, to),
        line.slice(from, to),
      );
      return part === 0 ? text : indent(text, hanging);
    }).filter((text, part) => part === 0 || text !== "")
  );
  return laid.join("\n");
}

/** Which columns stand in one line. */
function folded(widths: readonly number[], width: number): { from: number; to: number }[] {
  const parts: { from: number; to: number }[] = [];
  let from = 0;
  let used = 0;
  for (const [i, own] of widths.entries()) {
    const more = i === from ? own : gap + own;
    if (i > from && used + more > width) {
      parts.push({ from, to: i });
      from = i;
      used = hanging + own;
    } else used += more;
  }
  return [...parts, { from, to: widths.length }];
}

/** `label  value` lines with the values aligned. Pairs without a value are left out. */
export function formatPairs(
  style: Style,
  pairs: readonly (readonly [label: string, value: Cell | string | undefined])[],
): string {
  const shown = pairs.filter((pair) => pair[1] !== undefined);
  const width = Math.max(0, ...shown.map(([label]) => stringWidth(label)));
  return shown.map(([label, value]) => {
    const cell = asCell(value ?? "");
    const blanks = " ".repeat(width - stringWidth(label) + gap);
    return (style.paint("label", label) + blanks + paintCell(style, cell)).trimEnd();
  }).join("\n");
}

/** The columns that {@link indent} leaves. */
export function inner({ width }: Pick<Layout, "width">): number | undefined {
  return width === undefined ? undefined : width - indentation;
}

/** Every line of `block` moved right. */
export function indent(block: string, by = indentation): string {
  return block.split("\n").map((line) => line === "" ? line : " ".repeat(by) + line).join("\n");
}

function formatLine(
  style: Style,
  columns: readonly Column[],
  widths: readonly number[],
  cells: readonly Cell[],
): string {
  const parts = widths.map((width, i) => {
    const cell = cells[i] ?? { text: "" };
    const pad = " ".repeat(Math.max(0, width - stringWidth(cell.text)));
    const painted = paintCell(style, cell);
    return columns[i]?.align === "right" ? pad + painted : painted + pad;
  });
  return parts.join(" ".repeat(gap)).trimEnd();
}

function asCell(value: Cell | string): Cell {
  return typeof value === "string" ? { text: value } : value;
}

function paintCell(style: Style, cell: Cell): string {
  return cell.meaning ? style.paint(cell.meaning, cell.text) : cell.text;
}

/** At least so much of a line is left for text, however narrow the terminal. */
const least = 20;

/** The same text with no line longer than `width` columns, broken at blanks where there are any. */
export function wrapText(text: string, width: number | undefined): string {
  if (width === undefined) return text;
  return text.split("\n").map((line) => stringWidth(line) <= width ? line : wrap(line, width))
    .join("\n");
}

function wrap(line: string, width: number): string {
  const indent = Math.min(indentOf(line, width), Math.max(0, width - least));
  const lines: string[] = [];
  let current = "";
  for (const piece of line.split(/(?<=[^ ]) (?=[^ ])/)) {
    const longer = current === "" ? piece : `${current} ${piece}`;
    if (stringWidth(longer) <= width || current.trim() === "") current = longer;
    else {
      lines.push(current);
      current = " ".repeat(indent) + piece;
    }
  }
  return [...lines, current].join("\n");
}

/**
 * Where the rest of a line begins: below the value behind a label, if that leaves half of the width,
 * else a little to the right.
 */
function indentOf(line: string, width: number): number {
  // deno-lint-ignore no-control-regex -- colours take no room
  const plain = line.replaceAll(/\x1b\[[0-9;]*m/g, "");
  const [label] = /^ *[^ ]+( [^ ]+)* {2,}/.exec(plain) ?? [];
  if (label !== undefined && stringWidth(label) <= width / 2) return stringWidth(label);
  return plain.length - plain.trimStart().length + hanging;
}
