import { type CST, Parser, type YAMLError } from "yaml";
import { show } from "./path.ts";
import type { ProblemList } from "./problem_list.ts";
import { syntaxHint } from "./yaml_hints.ts";

/** Errors of the block structure: after the first of them the library reads on out of step. */
const structural: ReadonlySet<YAMLError["code"]> = new Set([
  "BAD_INDENT",
  "BLOCK_AS_IMPLICIT_KEY",
  "BLOCK_IN_FLOW",
  "MISSING_CHAR",
  "MULTILINE_IMPLICIT_KEY",
  "TAB_AS_INDENT",
  "UNEXPECTED_TOKEN",
]);

/**
 * Reports what the YAML library found, one problem a place and one of the block structure: the ones
 * after it are its echoes.
 */
export function reportSyntax(
  errors: readonly YAMLError[],
  text: string,
  problems: ProblemList,
): void {
  const places = new Set<number>();
  let isOutOfStep = false;
  for (const error of errors) {
    const unclosed = /^Missing closing ['"]quote/.test(error.message);
    const at = (unclosed ? unclosedQuote(text) : undefined) ?? error.pos[0];
    const isStructural = structural.has(error.code) && !unclosed;
    if (places.has(at) || isStructural && isOutOfStep) continue;
    places.add(at);
    isOutOfStep ||= isStructural;
    const rest = near(text, at);
    const hint = unclosed ? "" : syntaxHint(error, text, at, rest, (at) => problems.lineOf(at));
    problems.add("parse", at, undefined, `${sentence(error, rest)}${hint}`);
  }
}

/** The library's own words, starting like ours, with the text they are about. */
function sentence({ message }: YAMLError, rest: string): string {
  // Some messages quote the rest of the file.
  const words = message.replace(/\s+/g, " ").replace(/( in YAML stream): .*/, "$1").slice(0, 160);
  const where = rest === "" ? "" : `, at ${show(rest)}`;
  return `YAML syntax: ${words.charAt(0).toLowerCase()}${words.slice(1)}${where}`;
}

/** What follows on the same line, up to a comment. */
function near(text: string, at: number): string {
  const line = /^[^\r\n]{0,200}/.exec(text.slice(at, at + 200))?.[0] ?? "";
  return line.replace(/\s#.*$/, "").trim();
}

/** Where the quote opens that is never closed; the library only says where the text ran out. */
function unclosedQuote(text: string): number | undefined {
  for (const document of new Parser().parse(text)) {
    const open: (CST.Token | null | undefined)[] = [document];
    while (open.length > 0) {
      const token = open.pop();
      if (!token) continue;
      if (token.type === "document") open.push(token.value);
      if ("items" in token) { for (const { key, value } of token.items) open.push(key, value); }
      if (isUnclosed(token)) return token.offset;
    }
  }
  return undefined;
}

function isUnclosed(token: CST.Token): token is CST.FlowScalar {
  switch (token.type) {
    case "double-quoted-scalar":
      // Closed by a quote that no odd number of backslashes escapes.
      return !/(?<!\\)(?:\\\\)*"$/.test(token.source.slice(1));
    case "single-quoted-scalar":
      // Doubled quotes stand for themselves, so an odd one closes.
      return !/(?<!')(?:'')*'$/.test(token.source.slice(1));
    default:
      return false;
  }
}
