const encoder = new TextEncoder();

/**
 * Prints a line on stdout. Throws what the operating system says; console.log keeps silent about
 * a reader that has gone, and `maglevc watch events | head` would never end.
 */
export function printLine(text: string): void {
  let rest = encoder.encode(`${text}\n`);
  while (rest.length > 0) rest = rest.subarray(Deno.stdout.writeSync(rest));
}
