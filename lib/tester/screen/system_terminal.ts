import type { Terminal } from "./screen.ts";
import type { Size } from "./view.ts";

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
