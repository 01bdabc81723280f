/** A key that was pressed: a character, or the name of one that has none. */
export type Key =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "named"; readonly name: KeyName };

/** Keys that are not a character. */
export type KeyName =
  | "up"
  | "down"
  | "page-up"
  | "page-down"
  | "home"
  | "end"
  | "enter"
  | "escape"
  | "backspace"
  | "ctrl-c"
  | "ctrl-l"
  | "ctrl-u"
  | "ctrl-z";

const single: Readonly<Record<string, KeyName>> = {
  "\r": "enter",
  "\n": "enter",
  "\x1b": "escape",
  "\x7f": "backspace",
  "\b": "backspace",
  "\x03": "ctrl-c",
  "\x0c": "ctrl-l",
  "\x15": "ctrl-u",
  "\x1a": "ctrl-z",
};

/** What terminals send after `ESC [` or `ESC O` (xterm's control sequences). */
const sequences: Readonly<Record<string, KeyName>> = {
  A: "up",
  B: "down",
  H: "home",
  F: "end",
  "1~": "home",
  "4~": "end",
  "5~": "page-up",
  "6~": "page-down",
  "7~": "home",
  "8~": "end",
};

/** Longer ones are of no key. */
const longestSequence = 32;

/** Makes keys of what a terminal sends, however it is cut. An escape at the end of a piece is the key. */
export class KeyReader {
  readonly #decoder = new TextDecoder();
  #rest = "";

  /** The keys in the next bytes. Sequences of no known key are left out. */
  read(bytes: Uint8Array): Key[] {
    let text = this.#rest + this.#decoder.decode(bytes, { stream: true });
    this.#rest = "";
    const keys: Key[] = [];
    while (text !== "") {
      // deno-lint-ignore no-control-regex -- that is what they begin with
      const [whole, sequence] = /^\x1b[[O]([0-9;?<]*[ -/]*[@-~])/.exec(text) ?? [];
      // deno-lint-ignore no-control-regex -- as above
      if (whole === undefined && /^\x1b[[O][0-9;?<]*[ -/]*$/.test(text)) {
        if (text.length < longestSequence) this.#rest = text;
        return keys;
      }
      if (whole !== undefined) {
        const name = sequences[sequence ?? ""];
        if (name) keys.push({ kind: "named", name });
        text = text.slice(whole.length);
        continue;
      }
      const char = String.fromCodePoint(text.codePointAt(0) ?? 0);
      text = text.slice(char.length);
      const name = single[char];
      if (name) keys.push({ kind: "named", name });
      else if (!/^\p{C}$/u.test(char)) keys.push({ kind: "text", text: char });
    }
    return keys;
  }
}
