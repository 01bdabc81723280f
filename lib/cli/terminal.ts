import { colourStyle, plainStyle, printable, type Style } from "./style.ts";
import { CommandFailure, DeclinedFailure } from "./errors.ts";
import type { Confirmation } from "./node.ts";
import type { Layout } from "./table.ts";

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

/** Whether somebody sits at a terminal who could be asked something. */
export function isAskable(): boolean {
  return Deno.stdin.isTerminal() && Deno.stderr.isTerminal();
}

/** Whether an answer is a yes. */
export function isYes(answer: string | undefined): boolean {
  return /^y(es)?$/i.test(answer?.trim() ?? "");
}

/** What is said of something that nobody has agreed to, because nobody could be asked. */
export function unagreed({ details, question }: Confirmation, layout: Layout): CommandFailure {
  const what = question.replace(/\?$/, "");
  return new CommandFailure(`not without --yes: ${what}\n${details(layout)}`);
}

/** What is said when the answer was not a yes. */
export function declined(): CommandFailure {
  return new DeclinedFailure("nothing was changed");
}

/** Asks on the terminal. Throws CommandFailure unless the answer is a yes; Ctrl-C and Ctrl-D are no. */
export async function agreeOnTerminal(
  { details, question }: Confirmation,
  layout: Layout,
  signal: AbortSignal,
): Promise<void> {
  console.error(printable(details(layout)));
  await Deno.stderr.write(new TextEncoder().encode(printable(`${question} [y/N] `)));
  if (!isYes(await lineOfTerminal(signal))) throw declined();
}

/** What is typed until Enter; undefined at the end of input or when `signal` comes first. */
async function lineOfTerminal(signal: AbortSignal): Promise<string | undefined> {
  // A terminal hands out whole lines.
  const octets = new Uint8Array(1024);
  const length = await unlessAborted(Deno.stdin.read(octets), signal);
  if (typeof length === "number") return new TextDecoder().decode(octets.subarray(0, length));
  console.error();
  return undefined;
}

/** What `waited` comes to; undefined when `signal` is aborted before. */
export async function unlessAborted<T>(
  waited: Promise<T>,
  signal: AbortSignal,
): Promise<T | undefined> {
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>();
  const abort = () => resolve(undefined);
  signal.addEventListener("abort", abort);
  // What is waited for may have taken its time before it said so.
  if (signal.aborted) abort();
  try {
    return await Promise.race([waited, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
