import type { Size } from "./view.ts";

/** A terminal, as the screen needs it. */
export interface Terminal {
  /** Writes all of it; rejects when the terminal has gone. */
  write(text: string): Promise<void>;
  /** The same at once, for the end. Returns false when the terminal has gone. */
  writeNow(text: string): boolean;
  /** Takes keys one by one and unseen, or gives the terminal back. Returns as `writeNow` does. */
  setRaw(isRaw: boolean): boolean;
  size(): Size;
}

/** xterm's private modes: alternate screen, cursor, wrapping at the right edge. */
const enter = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
const leave = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";

/**
 * The terminal's alternate screen. Only lines that have changed are written, and none while the
 * terminal has not taken the last ones: a slow one misses frames. It is given back when this is
 * disposed of.
 */
export class Screen implements Disposable {
  #lines: readonly string[] = [];
  #size: Size = { columns: 0, rows: 0 };
  #state: "away" | "there" | "writing" = "away";

  /** Leaves the terminal as it is before {@link enter}. */
  constructor(private readonly terminal: Terminal) {}

  /** Takes the terminal. */
  enter(): void {
    if (this.#state !== "away") return;
    this.#state = "there";
    this.terminal.setRaw(true);
    this.terminal.writeNow(enter);
    this.forget();
  }

  /** Gives it back as it was. */
  leave(): void {
    if (this.#state === "away") return;
    this.#state = "away";
    this.terminal.writeNow(leave);
    this.terminal.setRaw(false);
  }

  [Symbol.dispose](): void {
    this.leave();
  }

  /** Takes nothing for granted of what is there: the next frame is written as a whole. */
  forget(): void {
    this.#lines = [];
    this.#size = { columns: 0, rows: 0 };
  }

  /** Shows a frame of this size, unless the last one is still on its way. Rejects as `write` does. */
  async show(lines: readonly string[], size: Size): Promise<void> {
    if (this.#state !== "there") return;
    const text = changes(this.#lines, this.#size, lines, size);
    if (text === "") return;
    [this.#lines, this.#size] = [lines, size];
    this.#state = "writing";
    try {
      await this.terminal.write(text);
    } finally {
      // It may have been left meanwhile.
      if (this.#state === "writing") this.#state = "there";
    }
  }
}

/** What makes one frame of another; all of it where the size is another. Pure. */
export function changes(
  before: readonly string[],
  beforeSize: Size,
  after: readonly string[],
  size: Size,
): string {
  const isSame = beforeSize.columns === size.columns && beforeSize.rows === size.rows;
  const written = after.flatMap((text, i) =>
    isSame && before[i] === text ? [] : [`\x1b[${i + 1};1H\x1b[2K${text}`]
  );
  return (isSame ? "" : "\x1b[2J") + written.join("");
}

const encoder = new TextEncoder();
const usual: Size = { columns: 80, rows: 24 };

/** The terminal of this process: keys from standard input, if that is one, and the screen. */
export const systemTerminal: Terminal = {
  async write(text) {
    let rest = encoder.encode(text);
    while (rest.length > 0) rest = rest.subarray(await Deno.stdout.write(rest));
  },
  writeNow(text) {
    try {
      let rest = encoder.encode(text);
      while (rest.length > 0) rest = rest.subarray(Deno.stdout.writeSync(rest));
      return true;
    } catch {
      return false;
    }
  },
  setRaw(isRaw) {
    try {
      if (Deno.stdin.isTerminal()) Deno.stdin.setRaw(isRaw);
      return true;
    } catch {
      return false;
    }
  },
  size() {
    try {
      const { columns, rows } = Deno.consoleSize();
      return columns > 0 && rows > 0 ? { columns, rows } : usual;
    } catch {
      return usual;
    }
  },
};
