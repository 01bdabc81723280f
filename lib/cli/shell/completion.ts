import stringWidth from "fast-string-width";
import { Code } from "@connectrpc/connect";
import type { MaglevClient } from "../node.ts";
import { printable, type Style } from "../style.ts";
import { commonPrefix, complete, type Completion, follow, splitWords } from "../walk.ts";
import { CommandFailure, hasCode } from "../errors.ts";
import { flagHelp, lineFlagHelp, parseFlags, splitLineFlags } from "../flags.ts";
import { type NamedServer, namedServers, serversPath, usualServer } from "../servers.ts";
import { Targets } from "../targets.ts";
import { commandTree } from "../tree.ts";
import type { Edit } from "./editor.ts";

/** How long live names may take, in milliseconds. */
const namesTimeoutMs = 1000;

/** Names shown at most; a table of thousands helps nobody. */
const namesShown = 200;

/** What the line up to the cursor comes to. */
interface Spot {
  /** Without flags. */
  readonly words: readonly string[];
  readonly partial: string;
  /** The quote in which the partial word stands. */
  readonly openQuote: Quote | undefined;
  /** Undefined where nothing may stand. */
  readonly completion: Completion | undefined;
}

type Quote = '"' | "'";

/** Names that fit a slot, or why there are none. */
interface Names {
  readonly names: readonly string[];
  readonly note: string;
}

/** Where completion gets live names and how it may look. */
export interface CompletionContext {
  /** Of the servers whose names are wanted. */
  readonly clients: readonly MaglevClient[];
  readonly style: Style;
  /** Columns of the terminal. */
  readonly width: number;
}

/** What Tab does at the cursor. */
export async function completeLine(
  context: CompletionContext,
  line: string,
  cursor: number,
): Promise<Edit> {
  const spot = spotAt(line.slice(0, cursor));
  if (spot instanceof Error || !spot.completion) return { insert: "", behind: 0, list: "" };
  const { names, note } = await liveNames(context.clients, spot);
  const fitting = [...spot.completion.words, ...names];
  const [tail = ""] = line.slice(cursor).match(/^\S*/) ?? [];
  const rest = typed(commonPrefix(fitting).slice(spot.partial.length), spot.openQuote);
  if (fitting.length === 1 && note === "") {
    const insert = `${rest}${spot.openQuote ?? ""}`;
    const behind = standing(insert, tail);
    const isLast = line.length === cursor + behind;
    return { insert: isLast ? `${insert} ` : insert, behind, list: "" };
  }
  return { insert: rest, behind: standing(rest, tail), list: listing(context, fitting, note) };
}

/** How much of `insert` stands behind the cursor already, and is not put in a second time. */
function standing(insert: string, tail: string): number {
  const overlap = Math.min(insert.length, tail.length);
  return insert.slice(0, overlap) === tail.slice(0, overlap) ? overlap : 0;
}

/** What `?` prints at the cursor; undefined inside quotes, where it is a character. */
export function helpAt(
  context: CompletionContext,
  line: string,
  cursor: number,
): Promise<string> | undefined {
  const before = line.slice(0, cursor);
  return splitWords(before).openQuote ? undefined : help(context, before);
}

async function help(context: CompletionContext, before: string): Promise<string> {
  const { style } = context;
  const spot = spotAt(before);
  if (spot instanceof Error) return style.paint("error", spot.message);
  if (!spot.completion) return style.paint("error", whyNothing(spot.words));
  const choices = [
    ...spot.completion.choices,
    ...(spot.completion.runnable ? [{ label: "<enter>", help: "Run the command" }] : []),
  ];
  if (choices.length === 0) return style.paint("error", `nothing begins with "${spot.partial}"`);
  const width = Math.max(...choices.map((choice) => choice.label.length));
  const lines = choices.map(({ label, help }) =>
    `  ${style.paint("label", label)}${" ".repeat(width - label.length)}  ${help}`
  );
  const { names, note } = await liveNames(context.clients, spot);
  const listed = names.length > 0 || note !== "" ? [listing(context, names, note)] : [];
  return [...lines, ...listed].join("\n");
}

/** Flags may stand between the words, and change nothing of what else may. */
function spotAt(before: string): Spot | CommandFailure {
  const { words: typed, openQuote } = splitWords(before);
  const last = typed.at(-1);
  const partial = last?.end === before.length ? last.text : "";
  const whole = typed.filter(({ end }) => end < before.length);
  try {
    const words = splitLineFlags(whole).words.map(({ text }) => text);
    const isFlag = partial.startsWith("-") && !words.includes("--");
    const completion = isFlag ? flags(partial) : undefined;
    return {
      ...{ words, partial, openQuote },
      completion: completion ?? complete(commandTree, words, partial),
    };
  } catch (error) {
    if (error instanceof CommandFailure) return error;
    throw error;
  }
}

/** What `partial` may be the beginning of, if of any flag. */
function flags(partial: string): Completion | undefined {
  const fitting = lineFlagHelp.filter(([flag]) => flag.startsWith(partial));
  return fitting.length === 0 ? undefined : {
    words: fitting.map(([flag]) => flag),
    choices: fitting.map(([label, help]) => ({ label, help })),
    slot: undefined,
    runnable: false,
  };
}

async function liveNames(clients: readonly MaglevClient[], spot: Spot): Promise<Names> {
  const names = spot.completion?.slot?.names;
  const reached = follow(commandTree, spot.words);
  if (!names || reached.kind === "error") return { names: [], note: "" };
  const signal = AbortSignal.timeout(namesTimeoutMs);
  const { args } = reached.point;
  const found = await Promise.allSettled(
    clients.map((client) => names(client, args, signal)),
  );
  const all = new Set(found.flatMap((each) => each.status === "fulfilled" ? each.value : []));
  const failure = found.find((each) => each.status === "rejected");
  return {
    // A configuration has no name that could not be typed, and a terminal is not to be sent any.
    names: [...all].filter((name) => name.startsWith(spot.partial) && isTypable(name)),
    note: failure ? printable(`names are not known: ${whyNoNames(failure.reason)}`) : "",
  };
}

function isTypable(name: string): boolean {
  return name === printable(name) && !/\p{Cc}/u.test(name);
}

function whyNoNames(error: unknown): string {
  return hasCode(error, Code.NotFound) ? error.rawMessage : "maglevd does not answer";
}

function listing({ style, width }: CompletionContext, words: readonly string[], note: string) {
  const shown = words.slice(0, namesShown);
  const more = words.length - shown.length;
  const parts = [
    ...(shown.length > 0 ? [formatColumns(shown, width)] : []),
    ...(more > 0 ? [style.paint("dim", `and ${more} more`)] : []),
    ...(note !== "" ? [style.paint("dim", `(${note})`)] : []),
  ];
  return parts.join("\n");
}

function whyNothing(words: readonly string[]): string {
  const reached = follow(commandTree, words);
  return reached.kind === "error" ? reached.message : "";
}

/** The rest of a name as it must be typed, behind an open quote or behind none. */
function typed(rest: string, openQuote: Quote | undefined): string {
  if (openQuote === "'") return rest.replaceAll("'", "'\\''");
  return rest.replaceAll(openQuote ? /["\\]/g : /[\s"'\\]/g, "\\$&");
}

/** Words in as many columns as fit into `width`, filled top to bottom as `ls` does. */
export function formatColumns(words: readonly string[], width: number): string {
  const cell = Math.max(0, ...words.map((word) => stringWidth(word))) + 2;
  const columns = Math.max(1, Math.floor((width + 2) / cell));
  const rows = Math.ceil(words.length / columns);
  const lines = Array.from({ length: rows }, (_, row) => {
    const line = words.filter((_, i) => i % rows === row);
    return line.map((word) => word + " ".repeat(cell - stringWidth(word))).join("").trimEnd();
  });
  return lines.join("\n");
}

/**
 * What `maglevc __complete WORDS…` prints: a line per candidate for the last word, its help behind
 * a tab. The words are a command line so far, so a server named on it is the one asked. Nothing
 * where a flag is wrong or wants its value.
 */
export async function completeWords(args: readonly string[]): Promise<string[]> {
  const partial = args.at(-1) ?? "";
  if (/^--?server$/.test(args.at(-2) ?? "")) return await serverNames(partial);
  if (partial.startsWith("-")) {
    return flagHelp.filter(([flag]) => flag.startsWith(partial)).map((pair) => pair.join("\t"));
  }
  try {
    return await wordsAfter(args.slice(0, -1), partial);
  } catch (error) {
    if (error instanceof CommandFailure) return [];
    throw error;
  }
}

/** Names of servers.yaml, for the last of a list. */
async function serverNames(partial: string): Promise<string[]> {
  const before = partial.slice(0, partial.lastIndexOf(",") + 1);
  const named = await namedServers(serversPath(Deno.env)).catch((error: unknown) => {
    if (error instanceof CommandFailure) return new Map<string, NamedServer>();
    throw error;
  });
  return [...named].map(([name, { address }]) => `${before}${name}\t${address}`)
    .filter((line) => line.startsWith(partial));
}

async function wordsAfter(args: readonly string[], partial: string): Promise<string[]> {
  const { words, server, tokenFile, security } = parseFlags(args, Deno.env);
  using targets = await Targets.open({
    server: server || await usualServer(),
    tokenFile,
    security,
  });
  const completion = complete(commandTree, words, partial);
  if (!completion) return [];
  const clients = targets.parts.map(({ client }) => client);
  const spot = { words, partial, openQuote: undefined, completion };
  const { names } = await liveNames(clients, spot);
  const helps = new Map(completion.choices.map((choice) => [choice.label, choice.help]));
  return [...completion.words.map((word) => `${word}\t${helps.get(word)}`), ...names];
}
