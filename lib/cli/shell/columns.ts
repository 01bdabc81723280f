import stringWidth from "fast-string-width";

/** Words in as many columns as fit into `width`, filled top to bottom as `ls` does. */
export function formatColumns(words: readonly string[], width: number): string {
  const cell = Math.max(0, ...words.map((word) => stringWidth(word))) + 2;
  const columns = Math.max(1, Math.floor((width + 2) / cell));
  const rows = Math.ceil(words.length / columns);
  const lines = Array.from({ length: rows }, (_, row) => {
    const line = words.filter((_, i) => i % rows === row);
    return line.map((word) => word + " ".repeat(cell - stringWidth(word))).join("").trimEnd();
  });
  return lines.join("\n");
}
