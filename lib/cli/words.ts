/** One word of a line, unquoted, and where it stood. */
export interface Word {
  readonly text: string;
  /** Offsets in the line, quotes included. */
  readonly start: number;
  readonly end: number;
}

/** A line cut into words. */
export interface SplitLine {
  readonly words: readonly Word[];
  /** The quote still open at the end of the line, if one is. */
  readonly openQuote: '"' | "'" | undefined;
}

/** Cuts a line at blanks; quotes keep a word together, a backslash takes the next character. */
export function splitWords(line: string): SplitLine {
  const words: Word[] = [];
  let text = "";
  let start = -1;
  let quote: '"' | "'" | undefined;
  for (let i = 0; i < line.length; i++) {
    const char = line.charAt(i);
    const isBlank = quote === undefined && /\s/.test(char);
    if (isBlank) {
      if (start >= 0) words.push({ text, start, end: i });
      start = -1;
      text = "";
      continue;
    }
    if (start < 0) start = i;
    if (char === quote) quote = undefined;
    else if (quote === undefined && (char === '"' || char === "'")) quote = char;
    else if (char === "\\" && quote !== "'" && i + 1 < line.length) text += line.charAt(++i);
    else text += char;
  }
  if (start >= 0) words.push({ text, start, end: line.length });
  return { words, openQuote: quote };
}
