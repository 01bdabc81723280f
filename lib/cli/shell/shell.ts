import stringWidth from "fast-string-width";
import { formatVersion } from "../../version/mod.ts";
import { createMaglevClient } from "../client.ts";
import { declined } from "../ask.ts";
import { describeError, SyntaxFailure } from "../errors.ts";
import { execute, parseCommand, type Parsed, type Session } from "../execute.ts";
import { type Flags, type LineFlags, splitLineFlags } from "../flags.ts";
import type { Caution } from "../node.ts";
import { chooseStyle, terminalWidth } from "../terminal.ts";
import { commandTree } from "../tree.ts";
import { splitWords, type Word } from "../words.ts";
import { Editor } from "./editor.ts";
import { historyPath, loadHistory, saveHistory, withLine } from "./history.ts";
import { completeLine, helpAt } from "./tab.ts";

const prompt = "maglev> ";

/** An interactive shell on the terminal, until quit, Ctrl-D or `signal`. Resolves to 0. */
export async function runShell(flags: Flags, signal: AbortSignal): Promise<number> {
  const shell = new Shell(flags, await loadHistory(historyPath(Deno.env)));
  const close = () => shell.close();
  signal.addEventListener("abort", close);
  try {
    console.log(formatVersion("maglevc"));
    await shell.run();
  } finally {
    signal.removeEventListener("abort", close);
    shell.close();
  }
  return 0;
}

class Shell {
  readonly #session: Omit<Session, "signal" | "json" | "dryRun" | "timeout" | "agree">;
  readonly #editor: Editor;
  #history: string[];
  #running: AbortController | undefined;

  constructor(flags: Flags, history: string[]) {
    const style = chooseStyle(flags.color, true);
    this.#history = history;
    this.#session = {
      client: createMaglevClient(flags.server),
      server: flags.server,
      style,
      memory: new Map(),
      now: Date.now,
      print: (text) => console.log(text),
      note: (text) => console.log(style.paint("dim", text)),
    };
    const context = () => ({ ...this.#session, roots: commandTree, width: terminalWidth() });
    this.#editor = new Editor(history, {
      complete: (line, cursor) => completeLine(context(), line, cursor),
      help: (line, cursor) => helpAt(context(), line, cursor),
      interrupt: () => this.#running?.abort(),
    });
  }

  close(): void {
    this.#running?.abort();
    this.#editor.close();
  }

  async run(): Promise<void> {
    for (;;) {
      const line = await this.#editor.read(prompt);
      if (line === undefined) return console.log();
      await this.#remember(line);
      const { words } = splitWords(line);
      if (words.length > 0 && await this.#runLine(words, line) === "quit") return;
    }
  }

  async #runLine(words: readonly Word[], line: string): Promise<"quit" | "go on"> {
    let command = words;
    try {
      const { words: rest, flags } = splitLineFlags(words);
      command = rest;
      const parsed = parseCommand(command.map((word) => word.text));
      if (parsed.command.kind === "quit") return "quit";
      await this.#runCommand(parsed, flags);
    } catch (error) {
      if (error instanceof SyntaxFailure) this.#markWord(line, command, error.at);
      const { style, server } = this.#session;
      console.log(style.paint("error", describeError(error, server)));
    }
    return "go on";
  }

  async #runCommand(parsed: Parsed, { json, dryRun, timeout, yes }: LineFlags): Promise<void> {
    const running = new AbortController();
    this.#running = running;
    if (parsed.command.kind === "watch") this.#editor.anyKeyInterrupts();
    try {
      await execute(parsed, {
        ...this.#session,
        ...{ json, dryRun, timeout, signal: running.signal },
        agree: (caution) => yes ? Promise.resolve(false) : this.#ask(caution),
      });
    } finally {
      this.#running = undefined;
    }
  }

  /** A caret under the word that does not fit. */
  #markWord(line: string, words: readonly Word[], at: number | undefined): void {
    const word = at === undefined ? undefined : words[at];
    if (!word) return;
    const column = stringWidth(prompt + line.slice(0, word.start)) % terminalWidth();
    console.log(this.#session.style.paint("error", `${" ".repeat(column)}^`));
  }

  async #ask({ details, question }: Caution): Promise<true> {
    console.log(details(this.#session.style));
    if (!await this.#editor.confirm(`${question} [y/N] `)) throw declined();
    return true;
  }

  async #remember(line: string): Promise<void> {
    this.#history = withLine(this.#history, line);
    const trouble = await saveHistory(historyPath(Deno.env), this.#history);
    if (trouble && !this.#session.memory.has("history trouble")) {
      this.#session.memory.set("history trouble", trouble);
      this.#session.note(trouble);
    }
  }
}
