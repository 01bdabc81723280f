import type { Flag } from "../../lib/flags/mod.ts";

/** roff takes hyphens for dashes, backslashes for escapes, dots and quotes up front for requests. */
export function escape(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replace(/^([.'])/, "\\&$1");
}

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
