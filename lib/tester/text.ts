import stringWidth from "fast-string-width";
import type { Environment } from "../flags/mod.ts";
import { escaped } from "../log/mod.ts";

/**
 * The text with all that is not to be seen spelled out: control characters, which would steer the
 * terminal, and characters that turn or break lines (Unicode's C, Zl and Zp). Pure.
 */
export function printable(text: string): string {
  return text.toWellFormed().replaceAll(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** The same for JSON, which stays what it is: it has escapes of its own, but not for all of that. Pure. */
export function printableJson(json: string): string {
  return json.replaceAll(/[^\n\P{C}]|[\p{Zl}\p{Zp}]/gu, (char) => escaped(char));
}

/** Columns that a text takes. */
export function widthOf(text: string): number {
  return stringWidth(text);
}

/** The text in so many columns: cut, with a mark, or filled up with blanks. Pure. */
export function fit(text: string, width: number, align: "left" | "right" = "left"): string {
  const cut = clip(text, width);
  const blanks = " ".repeat(Math.max(0, width - stringWidth(cut)));
  return align === "left" ? cut + blanks : blanks + cut;
}

/** The text in so many columns at most; one that was cut ends in `…`. Pure. */
export function clip(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  if (width <= 0) return "";
  let cut = "";
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (stringWidth(cut + segment) > width - 1) break;
    cut += segment;
  }
  return `${cut}…`;
}

/** A measured time in five characters at most: `0.42`, `1.23`, `45.6`, `456`, `1.20s`. */
export function shortMs(ms: number | undefined): string {
  if (ms === undefined) return "-";
  if (ms < 9.995) return ms.toFixed(2);
  if (ms < 99.95) return ms.toFixed(1);
  if (ms < 9_999.5) return ms.toFixed(0);
  return `${(ms / 1000).toFixed(1)}s`;
}

/** The same with its unit: `1.23 ms`. */
export function formatMs(ms: number): string {
  return ms < 9_999.5 ? `${shortMs(ms)} ms` : shortMs(ms);
}

/** A count in six characters at most: `999999`, `12.3M`. */
export function shortCount(count: number): string {
  if (count < 1_000_000) return String(count);
  const millions = count / 1e6;
  return millions < 999.95 ? `${millions.toFixed(1)}M` : `${(millions / 1000).toFixed(1)}G`;
}

/** A share in percent: `100`, `99.95`; never rounded up to 100. */
export function shortPercent(good: number, all: number): string {
  if (all === 0) return "-";
  if (good === all) return "100";
  return Math.min(99.99, 100 * good / all).toFixed(2);
}

/** A span of time: `4s`, `3m12s`, `2h05m`, `3d4h`. */
export function formatSpan(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number) => String(value).padStart(2, "0");
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${two(seconds % 60)}s`;
  if (seconds < 86_400) {
    return `${Math.floor(seconds / 3600)}h${two(Math.floor(seconds / 60) % 60)}m`;
  }
  return `${Math.floor(seconds / 86_400)}d${Math.floor(seconds / 3600) % 24}h`;
}

/** What a piece of the screen means; how that looks is this file's business alone. */
export type Meaning = "title" | "label" | "good" | "bad" | "warning" | "bright" | "dim";

/** Makes text look like what it means. */
export type Paint = (meaning: Meaning, text: string) => string;

/**
 * SGR codes (ECMA-48 section 8.3.117). Nothing is told by colour alone: words and brackets say the
 * same.
 */
const codes: Record<Meaning, string> = {
  title: "1",
  label: "34",
  good: "32",
  bad: "1;31",
  warning: "33",
  bright: "1",
  dim: "2",
};

/** With colours. */
export const coloured: Paint = (meaning, text) =>
  text === "" ? "" : `\x1b[${codes[meaning]}m${text}\x1b[0m`;

/** Text as it is. */
export const plain: Paint = (_, text) => text;

/** Colours, unless NO_COLOR says otherwise: anything but empty does (no-color.org). Pure. */
export function choosePaint(environment: Environment): Paint {
  return environment.get("NO_COLOR") ? plain : coloured;
}
