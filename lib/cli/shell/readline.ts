import readline from "node:readline";
import process from "node:process";

/** The parts of node:readline's line editor that its types leave out. */
interface EditorParts {
  line: string;
  cursor: number;
  prevRows: number;
  history: string[];
  _ttyWrite(text: string | undefined, key: RawKey): void;
  _refreshLine(): void;
  _getDisplayPos(text: string): Place;
}

/** Rows and columns behind the beginning of the prompt. */
interface Place {
  readonly rows: number;
  readonly cols: number;
}

interface RawKey {
  name?: string;
  ctrl?: boolean;
  meta?: boolean;
  sequence?: string;
}

/** node:readline with a filter before its keys; the one file that knows its private parts. */
export class Readline {
  readonly #interface: readline.Interface & EditorParts;
  readonly #editKey: (text: string | undefined, key: RawKey) => void;
  readonly #continued = () => this.#resume();
  /** Whether a line is being edited, and is to be drawn again. */
  #isShown = false;

  /**
   * Takes the terminal over. `onKey` sees every key first and says whether it has dealt with it;
   * `onLine` gets each finished line; `onEnd` is called at Ctrl-D on an empty line or end of input.
   */
  constructor(options: {
    readonly history: readonly string[];
    readonly onKey: (key: Key, edit: () => void) => boolean;
    readonly onLine: (line: string) => void;
    readonly onEnd: () => void;
  }) {
    const created = readline.createInterface({
      input: process.stdin,
      output: process.stdout,
      terminal: true,
      history: [...options.history],
      historySize: options.history.length + 1000,
      removeHistoryDuplicates: true,
      tabSize: 4,
    });
    this.#interface = created as readline.Interface & EditorParts;
    this.#editKey = this.#interface._ttyWrite.bind(this.#interface);
    this.#interface._ttyWrite = (text, key) => {
      const edit = () => this.#editKey(text, key);
      if (!options.onKey(asKey(text, key), edit)) edit();
    };
    // It is asked at each key, and otherwise measures each character of the line: seconds for a paste.
    const exactly = this.#interface.getCursorPos.bind(this.#interface);
    this.#interface.getCursorPos = () => this.#plainCursorPos() ?? exactly();
    this.#interface.on("line", (line) => {
      this.#isShown = false;
      options.onLine(line);
    });
    this.#interface.on("close", options.onEnd);
    Deno.addSignalListener("SIGCONT", this.#continued);
  }

  /** What has been typed so far. */
  get line(): string {
    return this.#interface.line;
  }

  /** Offset of the cursor in the line, in UTF-16 units. */
  get cursor(): number {
    return this.#interface.cursor;
  }

  /** Lines entered in this session and before, newest first. */
  get history(): readonly string[] {
    return this.#interface.history;
  }

  /** Takes the newest line out of the history again when it is `line`: answers are no commands. */
  forget(line: string | undefined): void {
    if (this.#interface.history[0] === line) this.#interface.history.shift();
  }

  /** Shows the prompt with an empty line. */
  prompt(prompt: string): void {
    this.#isShown = true;
    this.#interface.setPrompt(prompt);
    this.#interface.prompt();
  }

  /** Replaces prompt and line and draws them. */
  show(prompt: string, line: string, cursor = line.length): void {
    this.#interface.setPrompt(prompt);
    this.#interface.line = line;
    this.#interface.cursor = cursor;
    this.#interface._refreshLine();
  }

  /** Puts `text` in the place of so many characters before the cursor and behind it. */
  replace(before: number, behind: number, text: string): void {
    const { line, cursor } = this.#interface;
    this.#interface.line = line.slice(0, cursor - before) + text + line.slice(cursor + behind);
    this.#interface.cursor = cursor - before + text.length;
    this.#interface._refreshLine();
  }

  /**
   * Stops the program as Ctrl-Z does elsewhere, with all that its shell has started with it. The
   * terminal is given back, and taken again when the program goes on.
   */
  suspend(): void {
    process.stdin.setRawMode(false);
    Deno.kill(0, "SIGTSTP");
  }

  /** Prints whole lines below the line being edited, then draws that again beneath them. */
  printBelow(text: string): void {
    this.leaveLine();
    if (text !== "") process.stdout.write(`${text.replaceAll("\n", "\r\n")}\r\n`);
    this.#interface._refreshLine();
  }

  /** Moves to a fresh row below the line being edited, however many rows that takes. */
  leaveLine(): void {
    const parts = this.#interface;
    const end = parts._getDisplayPos(parts.getPrompt() + parts.line).rows;
    const here = parts.getCursorPos().rows;
    if (end > here) readline.moveCursor(process.stdout, 0, end - here);
    process.stdout.write("\r\n");
    parts.prevRows = 0;
  }

  /** Where the cursor is, if all before it is of one column a character; undefined if it is not. */
  #plainCursorPos(): Place | undefined {
    const parts = this.#interface;
    const before = parts.getPrompt() + parts.line.slice(0, parts.cursor);
    if (!/^[ -~]*$/.test(before)) return undefined;
    const columns = process.stdout.columns || Infinity;
    return { rows: Math.floor(before.length / columns), cols: before.length % columns };
  }

  /** Gives the terminal back as it was. */
  close(): void {
    Deno.removeSignalListener("SIGCONT", this.#continued);
    this.#interface.close();
  }

  /** Whoever was in the foreground meanwhile has left the terminal in a state of its own. */
  #resume(): void {
    process.stdin.setRawMode(true);
    if (this.#isShown) this.#interface._refreshLine();
  }
}

function asKey(text: string | undefined, key: RawKey): Key {
  return { text, name: key.name, ctrl: key.ctrl ?? false, meta: key.meta ?? false };
}

/** A key as node:readline reports it. */
export interface Key {
  /** The characters it stands for, if any. */
  readonly text: string | undefined;
  readonly name: string | undefined;
  readonly ctrl: boolean;
  readonly meta: boolean;
}

/** Whether the key puts characters into the line. */
export function isPrintable(key: Key): boolean {
  return key.text !== undefined && key.text !== "" && !key.ctrl && !key.meta &&
    // deno-lint-ignore no-control-regex
    !/^[\x00-\x1f\x7f]/.test(key.text);
}

/** Whether the key is Ctrl and that letter. */
export function isCtrl(key: Key, letter: string): boolean {
  return key.ctrl && key.name === letter;
}
