import { CommandFailure, DeclinedFailure } from "./errors.ts";
import type { Confirmation } from "./node.ts";
import type { Layout } from "./table.ts";

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
  console.error(details(layout));
  await Deno.stderr.write(new TextEncoder().encode(`${question} [y/N] `));
  if (!isYes(await lineOfTerminal(signal))) throw declined();
}

/** What is typed until Enter; undefined at the end of input or when `signal` comes first. */
async function lineOfTerminal(signal: AbortSignal): Promise<string | undefined> {
  const { promise: stopped, resolve: stop } = Promise.withResolvers<null>();
  const abort = () => stop(null);
  signal.addEventListener("abort", abort);
  // It may have come while the question was being written.
  if (signal.aborted) abort();
  try {
    // A terminal hands out whole lines.
    const octets = new Uint8Array(1024);
    const length = await Promise.race([Deno.stdin.read(octets), stopped]);
    if (length !== null) return new TextDecoder().decode(octets.subarray(0, length));
    console.error();
    return undefined;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
