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

/** Lines with columns two spaces apart, under a line of titles. No trailing blanks. */
export function formatTable(
  style: Style,
  columns: readonly Column[],
  rows: readonly (readonly (Cell | string)[])[],
): string {
  const titles = columns.map((column) => ({ text: column.title, meaning: "label" as const }));
  const lines = [titles, ...rows.map((row) => row.map(asCell))];
  const widths = columns.map((_, i) =>
    Math.max(...lines.map((l) => stringWidth(l[i]?.text ?? "")))
  );
  return lines.map((line) => formatLine(style, columns, widths, line)).join("\n");
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
    const gap = " ".repeat(width - stringWidth(label) + 2);
    return (style.paint("label", label) + gap + paintCell(style, cell)).trimEnd();
  }).join("\n");
}

/** Every line of `block` moved right. */
export function indent(block: string, by = 2): string {
  return block.split("\n").map((line) => line === "" ? line : " ".repeat(by) + line).join("\n");
}

function formatLine(
  style: Style,
  columns: readonly Column[],
  widths: readonly number[],
  cells: readonly Cell[],
): string {
  const parts = columns.map((column, i) => {
    const cell = cells[i] ?? { text: "" };
    const pad = " ".repeat(Math.max(0, (widths[i] ?? 0) - stringWidth(cell.text)));
    const painted = paintCell(style, cell);
    return column.align === "right" ? pad + painted : painted + pad;
  });
  return parts.join("  ").trimEnd();
}

function asCell(value: Cell | string): Cell {
  return typeof value === "string" ? { text: value } : value;
}

function paintCell(style: Style, cell: Cell): string {
  return cell.meaning ? style.paint(cell.meaning, cell.text) : cell.text;
}
