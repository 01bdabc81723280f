import { splitWords } from "./words.ts";

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
