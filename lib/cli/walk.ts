import type { Args, Command, Keyword, Node } from "./node.ts";

/** One word of a line, unquoted, and where it stood. */
export interface Word {
  readonly text: string;
  /** Offsets in the line, quotes included. */
  readonly start: number;
  readonly end: number;
}

/** A line cut into words. */
export interface SplitLine {
  readonly words: readonly Word[];
  /** The quote still open at the end of the line, if one is. */
  readonly openQuote: '"' | "'" | undefined;
}

/** Cuts a line at blanks; quotes keep a word together, a backslash takes the next character. */
export function splitWords(line: string): SplitLine {
  const words: Word[] = [];
  let text = "";
  let start = -1;
  let quote: '"' | "'" | undefined;
  for (let i = 0; i < line.length; i++) {
    const char = line.charAt(i);
    const isBlank = quote === undefined && /\s/.test(char);
    if (isBlank) {
      if (start >= 0) words.push({ text, start, end: i });
      start = -1;
      text = "";
      continue;
    }
    if (start < 0) start = i;
    if (char === quote) quote = undefined;
    else if (quote === undefined && (char === '"' || char === "'")) quote = char;
    else if (char === "\\" && quote !== "'" && i + 1 < line.length) text += line.charAt(++i);
    else text += char;
  }
  if (start >= 0) words.push({ text, start, end: line.length });
  return { words, openQuote: quote };
}

/** Where a line of words leads. */
export type WalkResult =
  /** To a command. */
  | { readonly kind: "command"; readonly command: Command; readonly args: Args }
  /** Nowhere yet: more words are needed. */
  | { readonly kind: "incomplete"; readonly choices: readonly Node[]; readonly args: Args }
  /** Nowhere: word number `at` does not fit. */
  | { readonly kind: "error"; readonly at: number; readonly message: string };

/** The point reached after some words. */
export interface Point {
  readonly args: Args;
  readonly choices: readonly Node[];
  readonly command: Command | undefined;
}

/** Follows `words` from `roots` to a command. */
export function walk(roots: readonly Node[], words: readonly string[]): WalkResult {
  const reached = follow(roots, words);
  if (reached.kind === "error") return reached;
  const { args, choices, command } = reached.point;
  return command ? { kind: "command", command, args } : { kind: "incomplete", choices, args };
}

/** Behind it a word is a name where a name may stand, though it is a keyword there as well. */
const namesFrom = "--";

/** Follows `words` as far as they go; the point reached may lack a command. */
export function follow(
  roots: readonly Node[],
  words: readonly string[],
): { kind: "point"; point: Point } | { kind: "error"; at: number; message: string } {
  let point: Point = {
    args: { words: [], values: new Map() },
    choices: roots,
    command: undefined,
  };
  const names = words.indexOf(namesFrom);
  for (const [at, word] of words.entries()) {
    if (at === names) {
      point = { ...point, choices: namesFirst(point.choices) };
      continue;
    }
    const step = choose(point.choices, word);
    if (typeof step === "string") return { kind: "error", at, message: step };
    point = advance(point, step, word);
    if (names >= 0 && at > names) point = { ...point, choices: namesFirst(point.choices) };
  }
  return { kind: "point", point };
}

/** The names that may stand here, if any may; else all choices. */
function namesFirst(choices: readonly Node[]): readonly Node[] {
  const names = choices.filter((node) => node.kind === "slot" && node.names);
  return names.length > 0 ? names : choices;
}

/** What a word means: an exact keyword, else a unique prefix of one, else a slot; or why nothing. */
function choose(choices: readonly Node[], word: string): Node | string {
  const keywords = choices.filter((node) => node.kind === "keyword");
  const exact = keywords.find((node) => node.word === word);
  if (exact) return exact;
  const isShort = (node: Keyword) => !node.isWhole && node.word.startsWith(word);
  const prefixed = word === "" ? [] : keywords.filter(isShort);
  const [only] = prefixed;
  if (only && prefixed.length === 1) return only;
  if (only) return `"${word}" is ambiguous: ${describeChoices(prefixed)}`;
  const slot = choices.find((node) => node.kind === "slot");
  return slot ? slot.accepts?.(word) || slot : unexpected(choices, word);
}

/** The choices in a row: `set, show, <name>`. */
export function describeChoices(choices: readonly Node[]): string {
  return choices.map(nodeLabel).join(", ");
}

/** A keyword as typed, a slot in angle brackets. */
export function nodeLabel(node: Node): string {
  return node.kind === "keyword" ? node.word : `<${node.name}>`;
}

function advance(point: Point, node: Node, word: string): Point {
  const { words, values } = point.args;
  const args = node.kind === "keyword"
    ? { words: [...words, node.word], values }
    : { words, values: new Map(values).set(node.name, word) };
  return { args, choices: node.next?.() ?? [], command: node.run };
}

function unexpected(choices: readonly Node[], word: string): string {
  return choices.length === 0
    ? `"${word}" is one word too many: the command ends before it`
    : `"${word}" is not known here; possible: ${describeChoices(choices)}`;
}

/** One line of help: what may be typed and what it does. */
export interface Choice {
  readonly label: string;
  readonly help: string;
}

/** What may follow, at one point of a line. */
export interface Completion {
  /** Words that may stand in place of the partial one, sorted as in the tree, names after. */
  readonly words: readonly string[];
  /** The same as lines of help. */
  readonly choices: readonly Choice[];
  /** The slot whose live names are wanted, if one is possible here. */
  readonly slot: Extract<Node, { kind: "slot" }> | undefined;
  /** Whether the line is a whole command already. */
  readonly runnable: boolean;
}

/** What could come next after `words` when `partial` has been typed of it. Pure: no live names. */
export function complete(
  roots: readonly Node[],
  words: readonly string[],
  partial: string,
): Completion | undefined {
  const reached = follow(roots, words);
  if (reached.kind === "error") return undefined;
  const { choices, command } = reached.point;
  const fitting = choices.filter((node) => node.kind === "slot" || node.word.startsWith(partial));
  return {
    words: fitting.flatMap((node) => node.kind === "keyword" ? [node.word] : []),
    choices: fitting.map((node) => ({ label: nodeLabel(node), help: node.help })),
    slot: fitting.find((node) => node.kind === "slot"),
    runnable: command !== undefined && partial === "",
  };
}

/** The longest beginning that all of `words` share. */
export function commonPrefix(words: readonly string[]): string {
  const [first = "", ...rest] = words;
  let length = first.length;
  for (const word of rest) {
    while (!word.startsWith(first.slice(0, length))) length--;
  }
  return first.slice(0, length);
}
