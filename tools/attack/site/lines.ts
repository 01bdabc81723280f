/** Calls `each` for each line of standard input, until it ends; then the process ends. */
export async function inputLines(each: (line: string) => void): Promise<void> {
  let rest = "";
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    parts.forEach(each);
  }
  Deno.exit(0);
}
