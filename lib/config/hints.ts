import { isAlias, isMap, isScalar } from "yaml";
import type { MapSchema, ObjectSchema, Schema } from "./json_schema.ts";
import { childPath, type Path, type ProblemList, show } from "./problems.ts";
import type { Entry, YamlTree } from "./yaml.ts";

/** Steps for a text at most, which take some 100 ms, at least, and for each of its characters. */
const mostSteps = 1_000_000;
const fewestSteps = 10_000;
const stepsPerCharacter = 2;

/** Finds the known word that was probably meant, within a budget that bounds hostile files. */
export class Suggester {
  /** A look at a word takes one, and one for each pair of letters that is compared. */
  #stepsLeft: number;
  /** Of the table of distances, reused: making them costs more than what is done with them. */
  readonly #rows = [new Uint8Array(128), new Uint8Array(128), new Uint8Array(128)] as const;

  /**
   * For a text of so many characters: a small one, which is read between two turns of the event loop,
   * may take less.
   */
  constructor(length = Infinity) {
    this.#stepsLeft = Math.min(Math.max(length * stepsPerCharacter, fewestSteps), mostSteps);
  }

  /** ` did you mean "x"?` with a leading `;`, or an empty string when nothing is near. */
  hint(word: string, known: Iterable<string>): string {
    const best = this.#nearest(word, known);
    return best === undefined ? "" : `; did you mean ${show(best)}?`;
  }

  #nearest(word: string, known: Iterable<string>): string | undefined {
    if (word.length > 64) return undefined;
    const lower = word.toLowerCase();
    let best: string | undefined;
    let least = Math.max(1, Math.floor(word.length / 3)) + 1;
    for (const candidate of known) {
      if (this.#stepsLeft-- <= 0) break;
      if (Math.abs(candidate.length - word.length) >= least) continue;
      this.#stepsLeft -= word.length;
      const distance = this.#distance(...differing(lower, candidate.toLowerCase()), least);
      if (distance < least) [best, least] = [candidate, distance];
    }
    return best;
  }

  /**
   * Insertions, deletions, replacements and swaps of neighbours that turn one word into the other;
   * `limit` if it takes as many or more.
   */
  #distance(a: string, b: string, limit: number): number {
    let [beforeLast, last, row] = this.#rows;
    for (let j = 0; j <= b.length; j++) last[j] = j;
    for (let i = 1; i <= a.length; i++) {
      this.#stepsLeft -= b.length;
      let least = row[0] = i;
      for (let j = 1; j <= b.length; j++) {
        const change = a[i - 1] === b[j - 1] ? 0 : 1;
        let cost = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + change);
        if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
          cost = Math.min(cost, at(beforeLast, j - 2) + 1);
        }
        row[j] = cost;
        if (cost < least) least = cost;
      }
      // No row has less than the one before it.
      if (least >= limit) return limit;
      [beforeLast, last, row] = [last, row, beforeLast];
    }
    return at(last, b.length);
  }
}

/** Both words without what they begin and end with alike, which is most of names in a row. */
function differing(a: string, b: string): [a: string, b: string] {
  const shorter = Math.min(a.length, b.length);
  let start = 0;
  while (start < shorter && a[start] === b[start]) start++;
  let end = 0;
  while (end < shorter - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  return [a.slice(start, a.length - end), b.slice(start, b.length - end)];
}

function at(row: Uint8Array, index: number): number {
  return row[index] ?? Infinity;
}

/** A section that is being read. */
interface OuterSection {
  readonly schema: ObjectSchema;
  /** Undefined for the whole file. */
  readonly path: Path | undefined;
  readonly entries: ReadonlyMap<string, Entry>;
}

/** Where keys that are unknown where they stand would be known. */
interface Misplacement {
  readonly indent: "deeper" | "less";
  readonly owner: string;
}

/** Unknown keys in a row that belong to one place. */
interface MisplacedBlock {
  readonly place: Misplacement;
  readonly at: number;
  readonly keys: string[];
}

/** Reports keys that are not known where they stand, with what was meant or where they belong. */
export class MisplacedKeys {
  /** The sections that are being read, outermost first. */
  readonly #outer: OuterSection[] = [];

  constructor(
    private readonly tree: YamlTree,
    private readonly problems: ProblemList,
    private readonly suggester: Suggester,
  ) {}

  /** Whatever is read until it is left stands in this section. */
  enter(section: OuterSection): void {
    this.#outer.push(section);
  }

  /** Leaves the section that was entered last, after a report of the keys that its schema lacks. */
  leave(): void {
    const section = this.#outer.at(-1);
    if (section) this.#reportUnknown(section);
    this.#outer.pop();
  }

  /**
   * Reports the keys of what is named that stand among the names, because they are not indented
   * enough, and returns them; none where each could be a name that somebody chose. Of keys further
   * in, those with a plain value. Names that are keys of a section further out are reported as well.
   */
  amongNames(
    schema: MapSchema,
    entries: ReadonlyMap<string, Entry>,
    path: Path,
  ): readonly string[] {
    const { additionalProperties: named } = schema;
    const slipped = this.#slipped(named, entries);
    const at = entries.get(slipped[0] ?? "")?.at;
    if (at !== undefined) this.problems.slip(at, path, slippedMessage(schema, slipped));
    if (!named.required) return slipped;
    for (const [name, entry] of entries) {
      const owner = this.#outerOwner(name);
      const value = this.tree.resolve(entry.value);
      const isForeign = this.#keysOf(entry).every((key) => !Object.hasOwn(named.properties, key));
      if (owner === undefined || !(isMap(value) || this.tree.isNothing(value)) || !isForeign) {
        continue;
      }
      const message =
        `expected the name of a ${named.title}, got ${show(name)}, which belongs to ` +
        `${show(owner)}: indent it less`;
      this.problems.slip(entry.at, childPath(path, name), message);
    }
    return slipped;
  }

  #slipped(of: ObjectSchema, entries: ReadonlyMap<string, Entry>): readonly string[] {
    const own = [...entries].filter(([key, { value }]) =>
      Object.hasOwn(of.properties, key) || this.#isPlain(value) && couldHold(of, key, [])
    );
    const couldBeNames = own.every(([key, entry]) => {
      const value = this.tree.resolve(entry.value);
      return (isMap(value) || isAlias(value) || this.tree.isNothing(value)) &&
        !areKeysOf(of.properties[key], this.#keysOf(entry));
    });
    return couldBeNames ? [] : own.map(([key]) => key);
  }

  #isPlain(node: Entry["value"]): boolean {
    const value = this.tree.resolve(node);
    return isScalar(value) && !this.tree.isNothing(value);
  }

  #reportUnknown({ schema, entries, path }: OuterSection): void {
    const empty: string[] = [];
    const known = Object.keys(schema.properties);
    let before: string | undefined;
    let block: MisplacedBlock | undefined;
    const tell = () => {
      if (!block) return;
      const [first = ""] = block.keys;
      const message = misplacedMessage(block.keys, block.place);
      this.problems.add("parse", block.at, childPath(path, first), message);
      block = undefined;
    };
    for (const [key, entry] of entries) {
      const isEmpty = this.tree.isNothing(this.tree.resolve(entry.value));
      if (Object.hasOwn(schema.properties, key)) {
        if (isEmpty) empty.push(key);
        before = key;
        tell();
        continue;
      }
      const slip = isEmpty ? this.#tooDeep(key, entry) : undefined;
      const typo = this.suggester.hint(key, known);
      const slipped = slip ?? (typo === "" ? emptyOwnerHint(schema, empty, key) : undefined);
      const hint = slipped ?? (typo || spaceHint(schema, key));
      const place = hint === "" ? this.#placeOf(schema, key, entry, before) : undefined;
      if (block?.place.owner !== place?.owner || block?.place.indent !== place?.indent) tell();
      if (place) {
        block ??= { place, at: entry.at, keys: [] };
        block.keys.push(key);
        continue;
      }
      const where = childPath(path, key);
      const message = `unknown key ${show(key)}${hint || `; known here: ${known.join(", ")}`}`;
      if (slipped === undefined) this.problems.add("parse", entry.at, where, message);
      else this.problems.slip(entry.at, where, message);
    }
    tell();
  }

  /** Where an unknown key that is no slip of the pen belongs; `before` is the last known key. */
  #placeOf(
    schema: ObjectSchema,
    key: string,
    entry: Entry,
    before: string | undefined,
  ): Misplacement | undefined {
    const inner = this.#keysOf(entry);
    const field = before === undefined ? undefined : schema.properties[before];
    const deeper = field && couldHold(field, key, inner) ? before : innerOwner(schema, key, inner);
    if (deeper !== undefined) return { indent: "deeper", owner: deeper };
    const less = this.#outerOwner(key) ?? this.#outerNames(inner);
    return less === undefined ? undefined : { indent: "less", owner: less };
  }

  /** The field around this place whose names stand for what has these keys. */
  #outerNames(keys: readonly string[]): string | undefined {
    for (const { schema } of this.#outer.toReversed()) {
      const found = Object.entries(schema.properties).find(([, field]) =>
        "propertyNames" in field && couldName(field, keys)
      );
      if (found) return found[0];
    }
    return undefined;
  }

  /** What an unknown key without a value has to do further out, to be put after the message. */
  #tooDeep(key: string, entry: Entry): string | undefined {
    const owner = this.#outerOwner(key);
    if (owner !== undefined) return `; it belongs to ${show(owner)}: indent it less`;
    // The keys of the next section of a name have become those of this one.
    return this.#outer.some(({ entries }) => this.tree.repeatsAfter(entries, entry.at))
      ? "; what follows stands here already: indent it less if it is a name"
      : undefined;
  }

  /** The keys of the mapping that an entry has for a value; none of anything else. */
  #keysOf(entry: Entry): readonly string[] {
    const value = this.tree.resolve(entry.value);
    return isMap(value) ? value.items.map(({ key }) => isScalar(key) ? String(key.value) : "") : [];
  }

  /** The section around this place that knows the key. */
  #outerOwner(key: string): string | undefined {
    const known = this.#outer.findLast(({ schema }) => Object.hasOwn(schema.properties, key));
    return known && String(known.path?.key ?? "");
  }
}

/**
 * Whether somewhere in a field of this kind `key` could stand: as a key that is known, or as a name
 * for something that has the keys `inner`.
 */
function couldHold(schema: Schema, key: string, inner: readonly string[]): boolean {
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
function couldName({ additionalProperties: of }: MapSchema, [first]: readonly string[]): boolean {
  return first !== undefined && Object.hasOwn(of.properties, first);
}

/** The message about keys in a row that are unknown where they stand, and belong to one place. */
function misplacedMessage(keys: readonly string[], { indent, owner }: Misplacement): string {
  const [noun, belong, them] = keys.length === 1
    ? ["key", "it belongs", "it"]
    : ["keys", "they belong", "them"];
  const where = indent === "deeper" ? "under" : "to";
  return `unknown ${noun} ${list(keys)}; ${belong} ${where} ${
    show(owner)
  }: indent ${them} ${indent}`;
}

/** The message about {@link MisplacedKeys.amongNames}. */
function slippedMessage(
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
function areKeysOf(field: Schema | undefined, keys: readonly string[]): boolean {
  return field !== undefined && "properties" in field && keys.length > 0 &&
    keys.every((key) => Object.hasOwn(field.properties, key));
}

/**
 * What to do with an unknown key that may have been meant for one of the fields before it that are
 * `empty`, to be put after the message.
 */
function emptyOwnerHint(
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
function innerOwner(
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
function spaceHint({ properties }: ObjectSchema, key: string): string {
  const [, before = ""] = /^([^:]+):/.exec(key) ?? [];
  return Object.hasOwn(properties, before) ? `; a space belongs after ${show(`${before}:`)}` : "";
}

function list(keys: readonly string[]): string {
  const shown = keys.slice(0, 4).map(show).join(", ");
  return keys.length > 4 ? `${shown} and ${keys.length - 4} more` : shown;
}
