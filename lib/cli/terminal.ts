import type { Style } from "./style.ts";
import { colourStyle, plainStyle } from "./style.ts";

/** Columns of the terminal; 80 where there is none. */
export function terminalWidth(): number {
  try {
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80;
  }
}

/**
 * Colours as asked for by flag; else on where they are the default and neither NO_COLOR
 * (no-color.org) nor a dumb terminal speaks against it.
 */
export function chooseStyle(flag: boolean | undefined, byDefault: boolean): Style {
  const unwanted = Boolean(Deno.env.get("NO_COLOR")) || Deno.env.get("TERM") === "dumb";
  return flag ?? (byDefault && !unwanted) ? colourStyle : plainStyle;
}

/**
 * Waits for any key on the terminal; where there is none, or it is not this process's, for nothing.
 * Stopping (Ctrl-Z) gives the terminal back, and coming to the foreground again takes it.
 */
export class AnyKey implements Disposable {
  readonly #pressed = new AbortController();
  readonly #signals: (readonly [Deno.Signal, () => void])[] = [
    ["SIGTSTP", () => {
      Deno.stdin.setRaw(false);
      Deno.kill(Deno.pid, "SIGSTOP");
    }],
    ["SIGCONT", () => this.#take()],
  ];
  #isOpen = false;

  constructor() {
    // Who sits in the background would be stopped for reaching out for the terminal.
    if (!Deno.stdin.isTerminal() || !isInForeground()) return;
    this.#isOpen = true;
    for (const [name, listener] of this.#signals) Deno.addSignalListener(name, listener);
    this.#take();
    const press = () => this.#pressed.abort();
    Deno.stdin.read(new Uint8Array(16)).then(press, press);
  }

  /** Aborted by the key. */
  get signal(): AbortSignal {
    return this.#pressed.signal;
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    for (const [name, listener] of this.#signals) Deno.removeSignalListener(name, listener);
    if (isInForeground()) Deno.stdin.setRaw(false);
  }

  #take(): void {
    if (isInForeground()) Deno.stdin.setRaw(true, { cbreak: true });
  }
}

/** Whether the terminal is this process's: proc_pid_stat(5), fields 5 (pgrp) and 8 (tpgid). */
function isInForeground(): boolean {
  try {
    const stat = Deno.readTextFileSync("/proc/self/stat");
    const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return group === foreground;
  } catch {
    // Without /proc nobody can tell; a command that was just typed is in the foreground, mostly.
    return true;
  }
}
