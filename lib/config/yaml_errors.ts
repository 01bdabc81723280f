import { type CST, Parser, type YAMLError } from "yaml";
import { type ProblemList, show } from "./problems.ts";

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
  let quotes: ReadonlyMap<number, number> | undefined;
  let isOutOfStep = false;
  for (const error of errors) {
    const unclosed = /^Missing closing ['"]quote/.test(error.message);
    if (unclosed) quotes ??= unclosedQuotes(text);
    const at = unclosed && quotes?.get(error.pos[0]) || error.pos[0];
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

/**
 * Where the quotes open that are never closed, by where their text ran out, which is all that the
 * library says.
 */
function unclosedQuotes(text: string): ReadonlyMap<number, number> {
  const starts = new Map<number, number>();
  for (const document of new Parser().parse(text)) {
    const open: (CST.Token | null | undefined)[] = [document];
    while (open.length > 0) {
      const token = open.pop();
      if (!token) continue;
      if (token.type === "document") open.push(token.value);
      if ("items" in token) { for (const { key, value } of token.items) open.push(key, value); }
      if (isUnclosed(token)) starts.set(token.offset + token.source.length, token.offset);
    }
  }
  return starts;
}

/** As the library sees it: without its quote at the end. */
function isUnclosed(token: CST.Token): token is CST.FlowScalar {
  if (token.type !== "double-quoted-scalar" && token.type !== "single-quoted-scalar") return false;
  return token.source.length === 1 || token.source.at(-1) !== token.source[0];
}

/** Blanks that look like one and are none to YAML (YAML 1.2.2 section 5.5); pasted from the web. */
const oddBlank = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/;

/**
 * What probably has to be done at offset `at`, to be put after the message, or an empty string.
 * `rest` is what follows there on the same line; `lineOf` numbers the lines.
 */
function syntaxHint(
  { code, message }: YAMLError,
  text: string,
  at: number,
  rest: string,
  lineOf: (at: number) => number,
): string {
  const line = lineAt(text, at);
  const odd = oddBlankHint(line.text, "this line");
  if (odd !== "") return odd;
  if (/^(?:<{7}|={7}|>{7})(?: |$)/.test(line.text)) return "; a merge was left half done here";
  if (/^(?:[0-9a-f]{0,4}:){2,8}(?=[\s,}\]]|$)/i.test(rest)) {
    return "; put an address that ends in a colon in quotes";
  }
  if (/^unexpected scalar at node end/i.test(message)) {
    const isFirst = text.slice(line.start, at).trim() === "";
    return isFirst
      ? indentHint(text, line)
      : "; the value ends before this: put the whole of it in quotes";
  }
  switch (code) {
    case "TAB_AS_INDENT":
      return "; indent with spaces";
    case "BAD_SCALAR_START":
      return "; put the value in quotes";
    case "BAD_DQ_ESCAPE":
      return "; in single quotes a backslash stands for itself";
    case "BAD_INDENT":
      return /^flow/i.test(message)
        ? "; the bracket that opens above it is not closed"
        : oddBlankAbove(text, line, lineOf) || indentHint(text, line);
    case "UNEXPECTED_TOKEN":
      return /^unexpected scalar/i.test(message) ? commaHint(` ${rest}`) : bracketHint(message);
    case "BLOCK_AS_IMPLICIT_KEY":
      if (/^a block sequence/i.test(message)) {
        return "; a dash begins an entry of a list, and beside it stand keys without one";
      }
      return /:(?:\s|$)/.test(rest)
        ? '; put text that has ": " in it in quotes'
        : deeperHint(text, line, lineOf);
    case "MULTILINE_IMPLICIT_KEY":
    case "MISSING_CHAR":
      return /^sequence item without/i.test(message) ? indentHint(text, line) : keyHint(rest);
    case "BLOCK_IN_FLOW":
      return commaHint(rest) || textHint(rest);
    default:
      return "";
  }
}

/** One line of the text. */
interface Line {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

function lineAt(text: string, at: number): Line {
  const start = at === 0 ? 0 : text.lastIndexOf("\n", at - 1) + 1;
  const next = text.indexOf("\n", start);
  const end = next < 0 ? text.length : next;
  return { start, end, text: text.slice(start, Math.min(end, start + 1000)) };
}

/**
 * In the indentation or beside a colon: elsewhere such a blank may be meant. `where` says which line it
 * is on.
 */
function oddBlankHint(line: string, where: string): string {
  const found = [/^\s*/, /:\s+/, /\s+:/].map((where) =>
    oddBlank.exec(where.exec(line)?.[0] ?? "")?.[0]
  ).find((blank) => blank !== undefined);
  if (found === undefined) return "";
  const code = (found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  const name = found === "\u00a0" ? `a no-break space (U+${code})` : `U+${code}`;
  return `; ${name} stands on ${where}, where YAML wants a plain space`;
}

/** An odd blank in an indentation: YAML sees text there, and stumbles over what comes after it. */
function oddBlankAbove(text: string, line: Line, lineOf: (at: number) => number): string {
  for (let end = line.start - 1; end >= 0;) {
    const above = lineAt(text, end);
    end = above.start - 1;
    if (/^ *(?:#|$)/.test(above.text)) continue;
    const [indent = ""] = /^\s*/.exec(above.text) ?? [];
    return oddBlankHint(indent, `line ${lineOf(above.start)}`);
  }
  return "";
}

/** Which columns would have fitted. */
function indentHint(text: string, line: Line): string {
  const own = indentOf(line.text);
  const { levels, dashes } = levelsAbove(text, line.start);
  const deeper = levels.filter((level) => level > own).at(-1);
  const shallower = levels.find((level) => level < own);
  const fitting = [deeper, shallower].filter((level) => level !== undefined);
  if (fitting.length === 0) return "";
  const others = fitting.join(" or ");
  return dashes.includes(own)
    ? `; it is indented by ${own} like the dashes above it, and begins with none; the rest by ${others}`
    : `; it is indented by ${own}, what stands above it by ${others}`;
}

/**
 * The columns at which the mappings and lists begin that are open before `start`, deepest first, and
 * those of them at which entries of a list do.
 */
function levelsAbove(
  text: string,
  start: number,
): { readonly levels: readonly number[]; readonly dashes: readonly number[] } {
  const levels: number[] = [];
  const dashes: number[] = [];
  for (let end = start - 1; end >= 0 && levels.at(-1) !== 0;) {
    const line = lineAt(text, end);
    end = line.start - 1;
    if (/^\s*(?:#|$)/.test(line.text)) continue;
    const dash = indentOf(line.text);
    const content = /^ *(?:- +)+/.exec(line.text)?.[0].length ?? dash;
    for (const column of [content, dash]) {
      if (column >= (levels.at(-1) ?? Infinity)) continue;
      levels.push(column);
      if (column < content) dashes.push(column);
    }
  }
  return { levels, dashes };
}

function deeperHint(text: string, line: Line, lineOf: (at: number) => number): string {
  const next = lineAt(text, line.end + 1);
  if (line.end >= text.length || indentOf(next.text) <= indentOf(line.text)) return "";
  const number = lineOf(next.start);
  return `; line ${number} is indented deeper than line ${number - 1}, which has its value already`;
}

function keyHint(rest: string): string {
  const [, key] = /^([\w-]+):\S/.exec(rest) ?? [];
  if (key !== undefined) return `; a space belongs after ${show(`${key}:`)}`;
  return /:(?:\s|$)/.test(rest) ? "" : "; a key is followed by a colon and a space";
}

function commaHint(rest: string): string {
  const [, before = "", key = ""] = /^([^,{}[\]]*\s)?([\w-]+):(?:\s|$)/.exec(rest) ?? [];
  return before === "" ? "" : `; a comma belongs before ${show(`${key}:`)}`;
}

/** Two colons in one entry within braces. */
function textHint(rest: string): string {
  return /^[\w-]+: /.test(rest) ? '; put text that has ": " in it in quotes' : "";
}

function bracketHint(message: string): string {
  return /^unexpected , in flow/i.test(message)
    ? "; before the comma a value is missing, or the bracket that closes one"
    : "";
}

function indentOf(line: string): number {
  return /^ */.exec(line)?.[0].length ?? 0;
}
