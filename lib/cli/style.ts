/** What a piece of output means; how that looks is this file's business alone. */
export type Meaning = "label" | "error" | "dim" | "good" | "bad" | "warning" | "plain";

/** Paints text, or leaves it as it is. */
export interface Style {
  /** Whether anything is painted at all. */
  readonly colour: boolean;
  /** `text`, looking like what it means. */
  paint(meaning: Meaning, text: string): string;
}

/** SGR codes (ECMA-48 section 8.3.117): labels are dark blue, errors red. */
const codes: Record<Exclude<Meaning, "plain">, string> = {
  label: "34",
  error: "31",
  dim: "2",
  good: "32",
  bad: "1;31",
  warning: "33",
};

/** Text that a style has painted, and what a terminal would obey or not show: all but line ends and tabs. */
const paintedOrUnseen = new RegExp(
  `\\x1b\\[(?:0|${Object.values(codes).join("|")})m|[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]`,
  "gu",
);

/**
 * What goes to a terminal: whatever servers say in it steers nothing but its colour. Characters are
 * spelled out as JSON has them, so that JSON stays what it is. Pure.
 */
export function printable(text: string): string {
  return text.toWellFormed().replaceAll(paintedOrUnseen, (found) => {
    if (found === "\n" || found === "\t" || found.endsWith("m")) return found;
    const units = Array.from({ length: found.length }, (_, i) => found.charCodeAt(i));
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
  });
}

/** Escape codes around what means something. */
export const colourStyle: Style = {
  colour: true,
  paint: (meaning, text) =>
    meaning === "plain" || text === "" ? text : `\x1b[${codes[meaning]}m${text}\x1b[0m`,
};

/** Text as it is. */
export const plainStyle: Style = { colour: false, paint: (_, text) => text };

/** The meaning of a backend's or frontend's state; the word itself is always printed as well. */
export function stateMeaning(state: string): Meaning {
  switch (state) {
    case "up":
      return "good";
    case "down":
      return "bad";
    case "unknown":
    case "paused":
      return "warning";
    case "disabled":
    case "removed":
      return "dim";
    default:
      return "plain";
  }
}
