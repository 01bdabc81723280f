import { dirname } from "node:path";
import stringWidth from "fast-string-width";
import { formatVersion } from "../../version/mod.ts";
import { chooseStyle, declined, terminalWidth } from "../terminal.ts";
import { describeError, messageOf, SyntaxFailure } from "../errors.ts";
import { executeOnAll, flagsFor, parseCommand, type Parsed, wordsOf } from "../execute.ts";
import { type Flags, type LineFlags, splitLineFlags } from "../flags.ts";
import type { Confirmation } from "../node.ts";
import { Targets } from "../targets.ts";
import { printable, type Style } from "../style.ts";
import { serverVersion } from "../commands/version.ts";
import { splitWords, type Word } from "../walk.ts";
import { Editor } from "./editor.ts";
import { completeLine, helpAt } from "./completion.ts";

/** How long the servers may take to say their versions, in milliseconds. */
const greetingTimeoutMs = 1000;

/**
 * An interactive shell on the terminal, until quit, Ctrl-D or `signal`. Resolves to 0. Throws
 * CommandFailure when `--server` names no servers.
 */
export async function runShell(flags: Flags, signal: AbortSignal): Promise<number> {
  using targets = await Targets.open(flags);
  const shell = new Shell(flags, targets, await loadHistory(historyPath(Deno.env)));
  const close = () => shell.close();
  signal.addEventListener("abort", close);
  try {
    console.log(formatVersion("maglevc"));
    await shell.greet();
    await shell.run();
  } finally {
    signal.removeEventListener("abort", close);
    shell.close();
  }
  return 0;
}

class Shell {
  readonly #style: Style;
  readonly #prompt: string;
  readonly #editor: Editor;
  #historyTrouble: string | undefined;

  constructor(
    private readonly flags: Flags,
    private readonly targets: Targets,
    history: readonly string[],
  ) {
    this.#style = chooseStyle(flags.color, true);
    this.#prompt = `${targets.names}> `;
    const context = () => ({
      clients: targets.parts.map(({ client }) => client),
      style: this.#style,
      width: terminalWidth(),
    });
    this.#editor = new Editor(history, {
      complete: (line, cursor) => completeLine(context(), line, cursor),
      help: (line, cursor) => helpAt(context(), line, cursor),
    });
  }

  /** Says which maglevd answers where. */
  async greet(): Promise<void> {
    const signal = AbortSignal.timeout(greetingTimeoutMs);
    const lines = await Promise.all(
      this.targets.parts.map((part) => serverVersion({ ...part, signal })),
    );
    for (const line of lines) say(line);
  }

  close(): void {
    this.#editor.close();
  }

  async run(): Promise<void> {
    for (;;) {
      const line = await this.#editor.read(this.#prompt);
      if (line === undefined) return console.log();
      const { interrupted } = this.#editor;
      await this.#remember(line);
      if (await this.#runLine(line, interrupted) === "quit") return;
    }
  }

  async #runLine(line: string, signal: AbortSignal): Promise<"quit" | "go on"> {
    let command = splitWords(line).words;
    if (command.length === 0) return "go on";
    try {
      const { words: rest, flags } = splitLineFlags(wordsOf(line));
      command = rest;
      const parsed = parseCommand(command.map((word) => word.text));
      if (parsed.command.kind === "quit") return "quit";
      await this.#runCommand(parsed, flags, signal);
    } catch (error) {
      if (error instanceof SyntaxFailure) this.#markWord(line, command, error.at);
      this.#complain(describeError(error, this.targets.parts[0]?.server ?? ""));
    }
    return "go on";
  }

  async #runCommand(parsed: Parsed, own: LineFlags, signal: AbortSignal): Promise<void> {
    if (parsed.command.kind === "watch") this.#editor.anyKeyInterrupts();
    const flags = flagsFor(parsed.command, this.flags, own);
    const sessions = this.targets.sessions({
      ...{ json: flags.json, dryRun: flags.dryRun, timeout: flags.timeout },
      style: this.#style,
      width: terminalWidth(),
      signal,
      now: Date.now,
      print: say,
      note: (text) => this.#note(text),
      agree: (confirmation) => flags.yes ? Promise.resolve(false) : this.#ask(confirmation),
    });
    await executeOnAll(parsed, sessions, (sentence) => this.#complain(sentence));
  }

  #complain(sentence: string): void {
    say(this.#style.paint("error", sentence));
  }

  #note(text: string): void {
    say(this.#style.paint("dim", text));
  }

  /** A caret under the word that does not fit. */
  #markWord(line: string, words: readonly Word[], at: number | undefined): void {
    const word = at === undefined ? undefined : words[at];
    if (!word) return;
    const column = stringWidth(this.#prompt + line.slice(0, word.start)) % terminalWidth();
    console.log(this.#style.paint("error", `${" ".repeat(column)}^`));
  }

  async #ask({ details, question }: Confirmation): Promise<true> {
    say(details({ style: this.#style, width: terminalWidth() }));
    if (!await this.#editor.confirm(printable(`${question} [y/N] `))) throw declined();
    return true;
  }

  async #remember(line: string): Promise<void> {
    const trouble = await addToHistory(historyPath(Deno.env), line);
    if (trouble && !this.#historyTrouble) this.#note(trouble);
    this.#historyTrouble ??= trouble;
  }
}

/** Prints what servers may have said. */
function say(text: string): void {
  console.log(printable(text));
}

/** Lines kept, newest first. Old ones fall off the end. */
export const historyLimit = 1000;

/** Longer lines are not worth keeping, in characters. */
const lineLimit = 4096;

/** Where the history is kept: XDG base directories, or nowhere without a home. */
export function historyPath(
  environment: { get(name: string): string | undefined },
): string | undefined {
  const home = environment.get("HOME");
  const state = environment.get("XDG_STATE_HOME") || (home && `${home}/.local/state`);
  return state && state.startsWith("/") ? `${state}/maglevc/history` : undefined;
}

/**
 * Reads the history, newest first, each line once. A missing or unreadable file is an empty history.
 * A file that has grown long is written anew.
 */
export async function loadHistory(path: string | undefined): Promise<string[]> {
  if (path === undefined) return [];
  const text = await Deno.readTextFile(path).catch(() => "");
  const lines = text.split("\n").filter((line) => line !== "");
  const history = [...new Set(lines.toReversed())].slice(0, historyLimit);
  // Why it cannot be written is told when a line is added.
  if (lines.length > 2 * historyLimit) await Promise.allSettled([rewrite(path, history)]);
  return history;
}

/**
 * Adds a line to the history, readable by its owner only. Lines of several shells at once come one
 * behind the other: each is appended by one write. Returns why it could not be written.
 */
export async function addToHistory(
  path: string | undefined,
  line: string,
): Promise<string | undefined> {
  if (path === undefined || line.trim() === "" || line.length > lineLimit) return undefined;
  try {
    await Deno.mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await Deno.writeTextFile(path, `${line}\n`, { append: true, mode: 0o600 });
    return undefined;
  } catch (error) {
    return `cannot save the history to ${path}: ${messageOf(error)}`;
  }
}

/** Other shells see it whole or not at all. */
async function rewrite(path: string, history: readonly string[]): Promise<void> {
  const temporary = `${path}.${Deno.pid}`;
  const text = history.toReversed().map((line) => `${line}\n`).join("");
  await Deno.writeTextFile(temporary, text, { mode: 0o600 });
  await Deno.rename(temporary, path);
}
