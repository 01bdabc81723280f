import { RE2JS } from "re2js";
import { reasonOf } from "./reason.ts";

/**
 * Matching costs time in proportion to the program's size times the body's: 0.8 ms for each
 * instruction at worst on 64 KiB (measured with re2js 2.10), so this bounds one match by 0.2 s.
 */
const maxProgramSize = 256;

/** Why `pattern` cannot serve as a response-regexp, as "must be …", or undefined when it can. */
export function regexpProblem(pattern: string): string | undefined {
  try {
    const size = RE2JS.compile(pattern).programSize();
    if (size <= maxProgramSize) return undefined;
    return `must compile to at most ${maxProgramSize} instructions (${size} are needed)`;
  } catch (error) {
    return `must be a regular expression in RE2 syntax (${explain(reasonOf(error))})`;
  }
}

function explain(reason: string): string {
  return reason.replace(/^error parsing regexp: /, "").replace(/\s+/g, " ").slice(0, 200);
}
