import { isYes } from "../terminal.ts";
import { isCtrl, isPrintable, type Key, Readline } from "./readline.ts";

/** What the keyboard is for at the moment. */
type Mode =
  /** Editing a line that somebody waits for. */
  | { readonly kind: "edit" }
  /** Reverse search. */
  | { readonly kind: "search"; readonly search: Search }
  /** Something runs: keys wait, Ctrl-C interrupts it. */
  | { readonly kind: "busy" }
  /** Something runs until any key is pressed. */
  | { readonly kind: "any-key" };

/** What the shell does with the keys that the line editor has no use for. */
export interface EditorHooks {
  /** Tab was pressed. Keys wait until it is done. */
  readonly complete: (line: string, cursor: number) => Promise<Edit>;
  /** `?` was pressed. Undefined: here it is an ordinary character. */
  readonly help: (line: string, cursor: number) => Promise<string> | undefined;
}

/** What a Tab does to the line. */
export interface Edit {
  /** Put in at the cursor. */
  readonly insert: string;
  /** So many characters behind the cursor make way for it. */
  readonly behind: number;
  /** Printed below the line, empty for nothing. */
  readonly list: string;
}

/** Keys that may wait while something runs; more are dropped. */
const typeAheadLimit = 10_000;

/** A line editor with completion, help, reverse search and type-ahead. */
export class Editor {
  readonly #readline: Readline;
  #mode: Mode = { kind: "busy" };
  #prompt = "";
  /** Whether the line that somebody waits for is the answer to a question. */
  #isQuestion = false;
  #waiting: ((line: string | undefined) => void) | undefined;
  #ended = false;
  #interrupt = new AbortController();
  #typedAhead: { key: Key; edit: () => void }[] = [];

  /** `history` is newest first. */
  constructor(history: readonly string[], private readonly hooks: EditorHooks) {
    this.#readline = new Readline({
      history,
      onKey: (key, edit) => this.#onKey(key, edit),
      onLine: (line) => this.#finish(line),
      onEnd: () => {
        this.#ended = true;
        this.#finish(undefined);
      },
    });
  }

  /** The next line; undefined at the end of input. */
  read(prompt: string): Promise<string | undefined> {
    if (this.#ended) return Promise.resolve(undefined);
    this.#prompt = prompt;
    this.#mode = { kind: "edit" };
    this.#readline.prompt(prompt);
    return new Promise((resolve) => {
      this.#waiting = resolve;
      this.#replay();
    });
  }

  /** Whether the answer to `question` is a yes. Ctrl-C and Ctrl-D are none. */
  async confirm(question: string): Promise<boolean> {
    this.#isQuestion = true;
    const answer = await this.read(question);
    this.#isQuestion = false;
    this.#readline.forget(answer);
    return isYes(answer);
  }

  /**
   * Aborted by Ctrl-C, or any key where that stops what runs, since the last line was entered; an
   * answer to a question begins nothing new.
   */
  get interrupted(): AbortSignal {
    return this.#interrupt.signal;
  }

  /** Until the next read, any key interrupts what runs. */
  anyKeyInterrupts(): void {
    this.#mode = { kind: "any-key" };
  }

  /** Interrupts what runs, and gives the terminal back as it was. */
  close(): void {
    this.#interrupt.abort();
    this.#readline.close();
  }

  #finish(line: string | undefined): void {
    this.#mode = { kind: "busy" };
    // The next key may already mean what was entered, long before it runs.
    if (!this.#isQuestion) this.#interrupt = new AbortController();
    const resolve = this.#waiting;
    this.#waiting = undefined;
    resolve?.(line);
  }

  #onKey(key: Key, edit: () => void): boolean {
    if (isCtrl(key, "z")) return this.#suspend();
    switch (this.#mode.kind) {
      case "busy":
        if (isCtrl(key, "c")) {
          this.#typedAhead = [];
          this.#interrupt.abort();
        } else if (this.#typedAhead.length < typeAheadLimit) this.#typedAhead.push({ key, edit });
        return true;
      case "any-key":
        this.#mode = { kind: "busy" };
        this.#interrupt.abort();
        return true;
      case "search":
        return this.#searchKey(this.#mode.search, key);
      case "edit":
        return this.#editKey(key);
    }
  }

  #editKey(key: Key): boolean {
    if (key.name === "tab" && !key.meta) return this.#tab();
    if (key.text === "?" && !key.meta) return this.#help();
    if (isCtrl(key, "r")) return this.#show(startSearch(this.#readline.line));
    if (isCtrl(key, "w")) return this.#deleteWord();
    const isNo = this.#isQuestion && (isCtrl(key, "c") || isCtrl(key, "d"));
    if (isNo) return this.#declineQuestion();
    if (isCtrl(key, "c")) return this.#dropLine();
    return false;
  }

  /** Ctrl-C leaves the line as it stands and begins another. */
  #dropLine(): true {
    this.#readline.leaveLine();
    this.#readline.show(this.#prompt, "");
    return true;
  }

  /** Up to white space, as in other shells; Alt-Backspace stops at dashes as well. */
  #deleteWord(): true {
    const { line, cursor } = this.#readline;
    const [word = ""] = line.slice(0, cursor).match(/\S*\s*$/) ?? [];
    this.#readline.replace(word.length, 0, "");
    return true;
  }

  #suspend(): true {
    this.#readline.suspend();
    return true;
  }

  #declineQuestion(): true {
    this.#readline.leaveLine();
    this.#finish(undefined);
    return true;
  }

  #tab(): true {
    const { line, cursor } = this.#readline;
    this.#mode = { kind: "busy" };
    this.hooks.complete(line, cursor).then(({ insert, behind, list }) => {
      if (insert !== "") this.#readline.replace(0, behind, insert);
      if (list !== "") this.#readline.printBelow(list);
      this.#editAgain();
    });
    return true;
  }

  #help(): boolean {
    const { line, cursor } = this.#readline;
    const text = this.hooks.help(line, cursor);
    if (text === undefined) return false;
    this.#mode = { kind: "busy" };
    text.then((text) => {
      this.#readline.printBelow(text);
      this.#editAgain();
    });
    return true;
  }

  #editAgain(): void {
    this.#mode = { kind: "edit" };
    this.#replay();
  }

  /** Keys that came meanwhile, until one of them makes the shell busy again. */
  #replay(): void {
    while (this.#typedAhead.length > 0 && this.#mode.kind !== "busy") {
      const next = this.#typedAhead.shift();
      if (next && !this.#onKey(next.key, next.edit)) next.edit();
    }
  }

  #show(search: Search): true {
    this.#mode = { kind: "search", search };
    const line = matchedLine(search, this.#readline.history);
    const at = search.query === "" ? line.length : Math.max(0, line.indexOf(search.query));
    this.#readline.show(searchPrompt(search), line, at);
    return true;
  }

  /** Keys that are not part of the search end it and then do what they always do. */
  #searchKey(search: Search, key: Key): boolean {
    const { history } = this.#readline;
    if (isCtrl(key, "r")) return this.#show(olderMatch(search, history));
    if (key.name === "backspace") {
      return this.#show(withQuery(search, history, search.query.slice(0, -1)));
    }
    if (isPrintable(key)) {
      return this.#show(withQuery(search, history, search.query + (key.text ?? "")));
    }
    const cancelled = isCtrl(key, "g") || isCtrl(key, "c") || key.name === "escape";
    const line = cancelled || search.at < 0 ? search.original : matchedLine(search, history);
    this.#mode = { kind: "edit" };
    this.#readline.show(this.#prompt, line);
    return cancelled;
  }
}

/** A reverse search through history, newest first. Immutable. */
export interface Search {
  /** What has been typed. */
  readonly query: string;
  /** Index of the match in the history, -1 when nothing matches. */
  readonly at: number;
  /** What the line was before, to go back to. */
  readonly original: string;
}

/** A search in which nothing has been typed yet. */
export function startSearch(original: string): Search {
  return { query: "", at: -1, original };
}

/** The search with another query, looked for from the newest entry on. */
export function withQuery(search: Search, history: readonly string[], query: string): Search {
  return { ...search, query, at: query === "" ? -1 : find(history, query, 0) };
}

/** The next older match; the present one when there is none. */
export function olderMatch(search: Search, history: readonly string[]): Search {
  if (search.query === "") return search;
  const at = find(history, search.query, search.at + 1);
  return at < 0 ? search : { ...search, at };
}

/** What the line shows. */
export function matchedLine(search: Search, history: readonly string[]): string {
  return history[search.at] ?? (search.query === "" ? search.original : "");
}

/** What stands before the line while searching. */
export function searchPrompt(search: Search): string {
  const failed = search.query !== "" && search.at < 0 ? "failed " : "";
  return `(${failed}reverse-search) '${search.query}': `;
}

function find(history: readonly string[], query: string, from: number): number {
  return history.findIndex((line, i) => i >= from && line.includes(query));
}
