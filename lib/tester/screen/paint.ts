import type { Environment } from "../../flags/mod.ts";

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
