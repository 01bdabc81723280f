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

/** Calls `onKey` at the first key pressed on a terminal. Returns what gives the terminal back. */
export function onAnyKey(onKey: () => void): () => void {
  // Who sits in the background would be stopped for reaching out for the terminal.
  if (!Deno.stdin.isTerminal() || !isInForeground()) return () => {};
  Deno.stdin.setRaw(true, { cbreak: true });
  Deno.stdin.read(new Uint8Array(16)).then(onKey, onKey);
  return () => Deno.stdin.setRaw(false);
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
