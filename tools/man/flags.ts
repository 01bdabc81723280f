import type { Flag } from "../../lib/flags/mod.ts";
import { escape } from "./roff.ts";

/** The section OPTIONS of a program's page, as its `--help` has them. */
export function optionsSection(flags: readonly Flag[]): string[] {
  return [
    ".SH OPTIONS",
    "A flag wins over its environment variable. Values may follow after a blank or after =.",
    ...flags.flatMap(describeFlag),
  ];
}

function describeFlag({ name, kind, environment, fallback, help }: Flag): string[] {
  const value = kind === "switch" ? "" : " \\fIvalue\\fR";
  const notes = [
    environment === "" ? "" : `Environment: ${environment}.`,
    ["false", ""].includes(fallback) ? "" : `Default: ${fallback}.`,
  ].filter((note) => note !== "");
  return [
    ".TP",
    `\\fB${escape(`--${name}`)}\\fR${value}`,
    escape(sentence(help)),
    ...notes.map(escape),
  ];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
