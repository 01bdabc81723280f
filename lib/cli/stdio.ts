import { splitWords } from "./words.ts";

const encoder = new TextEncoder();

/**
 * Prints a line on stdout. Throws what the operating system says; console.log keeps silent about
 * a reader that has gone, and `maglevc watch events | head` would never end.
 */
export function printLine(text: string): void {
  let rest = encoder.encode(`${text}\n`);
  while (rest.length > 0) rest = rest.subarray(Deno.stdout.writeSync(rest));
}

/** The words of each line on stdin; `#` begins a comment line. */
export async function* stdinLines(): AsyncGenerator<readonly string[]> {
  let rest = "";
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield wordsOf(line);
  }
  yield wordsOf(rest);
}

function wordsOf(line: string): readonly string[] {
  return line.trimStart().startsWith("#") ? [] : splitWords(line).words.map((word) => word.text);
}
