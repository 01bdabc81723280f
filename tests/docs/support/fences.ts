/** A fenced block of a Markdown page. */
export interface Fence {
  /** `yaml`, `sh`, `text`. */
  readonly language: string;
  /** The rest of the info string: `test`, `match`. */
  readonly mark: string;
  readonly body: string;
  /** Of the opening fence, from 1. */
  readonly line: number;
  /** Whether only blank lines lie between the block before and this one. */
  readonly follows: boolean;
}

/** The fenced blocks of a page in their order. */
export function fencesOf(page: string): Fence[] {
  const found: Fence[] = [];
  let open: { language: string; mark: string; line: number; body: string[] } | undefined;
  let follows = false;
  for (const [index, line] of page.split("\n").entries()) {
    const [, info] = line.match(/^```(.*)$/) ?? [];
    if (open && info === "") {
      const { body, ...rest } = open;
      found.push({ ...rest, body: `${body.join("\n")}\n`, follows });
      open = undefined;
      follows = true;
    } else if (open) open.body.push(line);
    else if (info !== undefined) {
      const [language = "", ...marks] = info.split(" ");
      open = { language, mark: marks.join(" "), line: index + 1, body: [] };
    } else if (line.trim() !== "") follows = false;
  }
  return found;
}

/** The anchors that a Markdown renderer gives to the headings of a page. */
export function anchorsOf(page: string): Set<string> {
  const prose = page.replaceAll(/^```[^]*?^```$/gm, "");
  const headings = [...prose.matchAll(/^#{1,6} +(.*)$/gm)].map(([, text = ""]) => text);
  return new Set(headings.map(anchorOf));
}

/** As GitHub makes it: lower case, without punctuation, blanks as hyphens. */
export function anchorOf(heading: string): string {
  return heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").trim().replaceAll(/\s/g, "-");
}

/**
 * The lines of `expected` that the output lacks, in order. `…` stands for anything, and blanks for
 * any number of blanks, so that columns may be wider.
 */
export function missingLines(expected: string, output: string): string[] {
  const lines = output.split("\n");
  let at = 0;
  return expected.split("\n").filter((line) => line.trim() !== "").filter((line) => {
    const pattern = patternOf(line);
    const found = lines.findIndex((each, index) => index >= at && pattern.test(each));
    if (found >= 0) at = found + 1;
    return found < 0;
  });
}

function patternOf(line: string): RegExp {
  const literal = line.trim().replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^\\s*${literal.replaceAll(/\s*…\s*/g, ".*").replaceAll(/ +/g, "\\s+")}\\s*$`);
}
