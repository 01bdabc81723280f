import type { Mutant } from "./mutants.ts";

/** A mutant that no test can notice, since it does the same. Keyed by text: lines move. */
export interface Equivalent {
  /** The file, from the root of the tree. */
  readonly file: string;
  /** The lines as they are, as the report shows them. */
  readonly original: string;
  /** The lines as the mutant has them. */
  readonly replacement: string;
  /** Why nothing that anybody could see differs. */
  readonly reason: string;
}

/** Where the list is, from the root of the tree. */
export const listPath = "tools/mutate/equivalent.json";

/** The list's entries from its text. Throws on an entry that lacks something. */
export function readEquivalents(text: string): Equivalent[] {
  const entries: unknown = JSON.parse(text);
  if (!Array.isArray(entries)) throw new Error(`${listPath} is not a list`);
  return entries.map((entry: Record<string, unknown>, index) => {
    const text = (key: keyof Equivalent): string => {
      const value = entry[key];
      const valid = typeof value === "string" && (value !== "" || key === "replacement");
      if (!valid) throw new Error(`${listPath}: entry ${index + 1} has no ${key}`);
      return value;
    };
    return {
      file: text("file"),
      original: text("original"),
      replacement: text("replacement"),
      reason: text("reason"),
    };
  });
}

/** The mutants that are not on the list. Throws, naming them, if entries are of no use any more. */
export function withoutEquivalents(
  mutants: readonly Mutant[],
  list: readonly Equivalent[],
): Mutant[] {
  const unused = new Map(list.map((entry) => [keyOf(entry), entry]));
  const known = new Set(unused.keys());
  const left = mutants.filter(({ path, original, replacement }) => {
    const key = keyOf({ file: path, original, replacement });
    unused.delete(key);
    return !known.has(key);
  });
  if (unused.size > 0) {
    const entries = [...unused.values()].map(({ file, original }) => `  ${file}: ${original}`);
    throw new Error(`${listPath}: stale, no such mutant any more:\n${entries.join("\n")}`);
  }
  return left;
}

function keyOf({ file, original, replacement }: Omit<Equivalent, "reason">): string {
  return JSON.stringify([file, original, replacement]);
}
