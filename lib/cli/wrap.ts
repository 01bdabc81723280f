import stringWidth from "fast-string-width";

/** How far the rest of a line that has no columns stands to the right of its beginning. */
const hanging = 4;

/** At least so much of a line is left for text, however narrow the terminal. */
const least = 20;

/** The same text with no line longer than `width` columns, broken at blanks where there are any. */
export function wrapText(text: string, width: number | undefined): string {
  if (width === undefined) return text;
  return text.split("\n").map((line) => stringWidth(line) <= width ? line : wrap(line, width))
    .join("\n");
}

function wrap(line: string, width: number): string {
  const indent = Math.min(indentOf(line, width), Math.max(0, width - least));
  const lines: string[] = [];
  let current = "";
  for (const piece of line.split(/(?<=[^ ]) (?=[^ ])/)) {
    const longer = current === "" ? piece : `${current} ${piece}`;
    if (stringWidth(longer) <= width || current.trim() === "") current = longer;
    else {
      lines.push(current);
      current = " ".repeat(indent) + piece;
    }
  }
  return [...lines, current].join("\n");
}

/**
 * Where the rest of a line begins: below the value behind a label, if that leaves half of the width,
 * else a little to the right.
 */
function indentOf(line: string, width: number): number {
  // deno-lint-ignore no-control-regex -- colours take no room
  const plain = line.replaceAll(/\x1b\[[0-9;]*m/g, "");
  const [label] = /^ *[^ ]+( [^ ]+)* {2,}/.exec(plain) ?? [];
  if (label !== undefined && stringWidth(label) <= width / 2) return stringWidth(label);
  return plain.length - plain.trimStart().length + hanging;
}
