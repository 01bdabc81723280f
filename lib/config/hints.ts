import { isScalar, isSeq, type Node } from "yaml";
import type { MapSchema, ObjectSchema, Schema } from "./json_schema.ts";
import { show } from "./problems.ts";
import { classify } from "./scalar.ts";

/** What to write instead of a node of the wrong kind, to be put after the message; may be empty. */
export function kindHint(schema: Schema, node: Node | null): string {
  if ("properties" in schema) {
    const [only, ...others] = Object.keys(schema.properties);
    const scalar = isScalar(node) ? classify(node) : undefined;
    return only !== undefined && others.length === 0 && scalar?.kind === "number"
      ? `; did you mean { ${only}: ${scalar.text.slice(0, 20)} }?`
      : "";
  }
  if ("propertyNames" in schema) {
    const { title } = schema.additionalProperties;
    return isSeq(node) ? `; write each ${title} as "name:", without a dash` : "";
  }
  if ("items" in schema) {
    return isScalar(node) || isSeq(node) ? "" : `; begin each ${schema.items.title} with a dash`;
  }
  return schema["x-format"] === "ip" && isSeq(node) ? "; write it without brackets" : "";
}

/**
 * The keys of what is named that stand among the names, because they are not indented enough; none
 * where each could be a name that somebody chose. Of keys further in, those with a plain value.
 */
export function slippedKeys(
  { additionalProperties: of }: MapSchema,
  keys: Iterable<string>,
  value: { couldBeNamed: (key: string) => boolean; isPlain: (key: string) => boolean },
): readonly string[] {
  const own = [...keys].filter((key) =>
    Object.hasOwn(of.properties, key) || (value.isPlain(key) && couldHold(of, key, []))
  );
  return own.every(value.couldBeNamed) ? [] : own;
}

/**
 * Whether somewhere in a field of this kind `key` could stand: as a key that is known, or as a name
 * for something that has the keys `inner`.
 */
export function couldHold(schema: Schema, key: string, inner: readonly string[]): boolean {
  if ("properties" in schema) {
    return Object.hasOwn(schema.properties, key) ||
      Object.values(schema.properties).some((field) => couldHold(field, key, inner));
  }
  if ("propertyNames" in schema) {
    return couldName(schema, inner) || couldHold(schema.additionalProperties, key, inner);
  }
  return "items" in schema && couldHold(schema.items, key, inner);
}

/**
 * Whether what has the keys `inner` could be what these names stand for. The first one tells: what
 * comes after a slip may have become part of it.
 */
export function couldName(
  { additionalProperties: of }: MapSchema,
  [first]: readonly string[],
): boolean {
  return first !== undefined && Object.hasOwn(of.properties, first);
}

/** Where keys that are unknown where they stand would be known. */
export interface Misplacement {
  readonly indent: "deeper" | "less";
  readonly owner: string;
}

/** The message about keys in a row that are unknown where they stand, and belong to one place. */
export function misplacedMessage(keys: readonly string[], { indent, owner }: Misplacement): string {
  const [noun, belong, them] = keys.length === 1
    ? ["key", "it belongs", "it"]
    : ["keys", "they belong", "them"];
  const where = indent === "deeper" ? "under" : "to";
  return `unknown ${noun} ${list(keys)}; ${belong} ${where} ${
    show(owner)
  }: indent ${them} ${indent}`;
}

/** The message about {@link slippedKeys}. */
export function slippedMessage(
  { additionalProperties: { title } }: MapSchema,
  keys: readonly string[],
): string {
  const [are, them, their] = keys.length === 1
    ? ["is a key of one", "it", "its"]
    : ["are keys of one", "them", "their"];
  return `expected the name of a ${title}, got ${list(keys)}, which ${are}: ` +
    `indent ${them} deeper than ${their} ${title}'s name`;
}

/** Whether `keys`, at least one, are all known to a field that is a section. */
export function areKeysOf(field: Schema | undefined, keys: readonly string[]): boolean {
  return field !== undefined && "properties" in field && keys.length > 0 &&
    keys.every((key) => Object.hasOwn(field.properties, key));
}

/**
 * What to do with an unknown key that may have been meant for one of the fields before it that are
 * `empty`, to be put after the message.
 */
export function emptyOwnerHint(
  schema: ObjectSchema,
  empty: readonly string[],
  key: string,
): string | undefined {
  const owner = empty.find((name) => {
    const field = schema.properties[name];
    return field && "propertyNames" in field || areKeysOf(field, [key]);
  });
  return owner && `; indent it deeper if it belongs to ${show(owner)}`;
}

/**
 * The field right below which something is known that is not known here: by its key, or by the keys
 * `inner` that it has itself.
 */
export function innerOwner(
  { properties }: ObjectSchema,
  key: string,
  inner: readonly string[],
): string | undefined {
  const owner = Object.entries(properties).find(([, field]) =>
    "propertyNames" in field
      ? couldName(field, inner)
      : areKeysOf("items" in field ? field.items : field, [key])
  );
  return owner?.[0];
}

/** What to do about a key that has swallowed its value, to be put after the message; may be empty. */
export function spaceHint({ properties }: ObjectSchema, key: string): string {
  const [, before = ""] = /^([^:]+):/.exec(key) ?? [];
  return Object.hasOwn(properties, before) ? `; a space belongs after ${show(`${before}:`)}` : "";
}

function list(keys: readonly string[]): string {
  const shown = keys.slice(0, 4).map(show).join(", ");
  return keys.length > 4 ? `${shown} and ${keys.length - 4} more` : shown;
}

/** Finds the known word that was probably meant, within a budget that bounds hostile files. */
export class Suggester {
  #comparisonsLeft = 100_000;

  /** ` did you mean "x"?` with a leading `;`, or an empty string when nothing is near. */
  hint(word: string, known: Iterable<string>): string {
    const best = this.#nearest(word, known);
    return best === undefined ? "" : `; did you mean ${show(best)}?`;
  }

  #nearest(word: string, known: Iterable<string>): string | undefined {
    if (word.length > 64) return undefined;
    let best: string | undefined;
    let least = Math.max(1, Math.floor(word.length / 3)) + 1;
    for (const candidate of known) {
      if (this.#comparisonsLeft-- <= 0) break;
      if (Math.abs(candidate.length - word.length) >= least) continue;
      const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
      if (distance < least) [best, least] = [candidate, distance];
    }
    return best;
  }
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one word into the other. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + (same ? 0 : 1));
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, at(beforeLast, j - 2) + 1);
      }
      row.push(cost);
    }
    [beforeLast, last] = [last, row];
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity;
}
