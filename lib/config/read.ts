/**
 * Node tree to sections by the schema: unknown keys, wrong types and bad literals are parse
 * problems, missing keys and values out of bounds semantic ones.
 *
 * @module
 */

import { isAlias, isMap, isScalar, isSeq, type Node } from "yaml";
import {
  areKeysOf,
  couldHold,
  couldName,
  emptyOwnerHint,
  innerOwner,
  kindHint,
  misplacedMessage,
  type Misplacement,
  slippedKeys,
  slippedMessage,
  spaceHint,
  type Suggester,
} from "./hints.ts";
import type {
  ArraySchema,
  MapSchema,
  ObjectSchema,
  ScalarSchema,
  Schema,
  Section,
  ValuesOf,
} from "./json_schema.ts";
import { childPath, isVppPath, type Path, type ProblemList, show } from "./problems.ts";
import {
  classify,
  defaultValue,
  describeScalar,
  expected,
  type Faults,
  formProblem,
  scalarValue,
} from "./scalar.ts";
import type { Entry, YamlTree } from "./yaml.ts";

/** A section around what is being read. */
interface OuterSection {
  readonly schema: ObjectSchema;
  /** What it is called where it stands. */
  readonly key: string | number;
  readonly entries: ReadonlyMap<string, Entry>;
}

/** Unknown keys in a row that belong to one place. */
interface MisplacedBlock {
  readonly place: Misplacement;
  readonly at: number;
  readonly keys: string[];
}

type AnySection = Section<Record<string, unknown>>;

/** The values of a file of this schema. Check `problems` before relying on any of them. */
export function readSections<S extends ObjectSchema>(
  schema: S,
  tree: YamlTree,
  problems: ProblemList,
  suggester: Suggester,
): Partial<ValuesOf<S>> {
  const reader = new Reader(tree, problems, suggester);
  // The reader builds what the schema says; the types of json_schema.ts tell the compiler the same.
  return reader.section(schema, tree.root, 0, undefined).values as Partial<ValuesOf<S>>;
}

class Reader {
  /** The sections that are being read, outermost first. */
  readonly #outer: OuterSection[] = [];

  constructor(
    private readonly tree: YamlTree,
    private readonly problems: ProblemList,
    private readonly suggester: Suggester,
  ) {}

  section(schema: ObjectSchema, node: Node | null, at: number, path: Path | undefined): AnySection {
    const entries = this.#entries(schema, node, at, path);
    this.#outer.push({ schema, key: path?.key ?? "", entries });
    const values: Record<string, unknown> = {};
    const places: Record<string, number> = {};
    for (const [key, field] of Object.entries(schema.properties)) {
      const entry = entries.get(key);
      const where = childPath(path, key);
      // An absent section is read as an empty one, which may lack keys itself; but for the outermost.
      const isAssumed = isCollection(field) && path !== undefined;
      if (entry) places[key] = valueAt(entry);
      else if (schema.required?.includes(key) && !(isAssumed && "properties" in field)) {
        this.#missing(field, at, where);
      }
      const value = entry || isAssumed
        ? this.#field(field, entry?.value ?? null, entry?.at ?? at, where)
        : undefined;
      values[key] = value ?? defaultValue(field);
    }
    this.#unknownKeys(schema, entries, path);
    this.#outer.pop();
    return { at, path: path ?? childPath(undefined, ""), values, places };
  }

  #field(schema: Schema, node: Node | null, at: number, path: Path): unknown {
    if ("properties" in schema) return this.section(schema, node, at, path);
    if ("propertyNames" in schema) return this.#named(schema, node, at, path);
    if ("items" in schema) return this.#list(schema, node, at, path);
    return this.#scalar(schema, node, at, path);
  }

  #named(schema: MapSchema, node: Node | null, at: number, path: Path): Map<string, AnySection> {
    const { propertyNames, additionalProperties: of } = schema;
    const sections = new Map<string, AnySection>();
    const entries = this.#entries(schema, node, at, path);
    const slipped = this.#slipped(schema, entries, path);
    for (const [name, entry] of entries) {
      if (slipped.includes(name)) continue;
      const where = childPath(path, name);
      const problem = formProblem(propertyNames, name);
      if (problem !== undefined) {
        const message = `the name of a ${of.title} ${problem}, not ${show(name)}`;
        this.problems.add("semantic", entry.at, where, message);
      }
      sections.set(name, this.section(of, entry.value, entry.at, where));
    }
    return sections;
  }

  /** The keys that stand where names are expected, for a slip of indentation, after a report. */
  #slipped(
    schema: MapSchema,
    entries: ReadonlyMap<string, Entry>,
    path: Path,
  ): readonly string[] {
    const { title, properties, required } = schema.additionalProperties;
    const valueOf = (key: string) => this.tree.resolve(entries.get(key)?.value ?? null);
    const isNothing = (key: string) => this.tree.isNothing(valueOf(key));
    const keysOf = (key: string) => this.#keysOf(entries.get(key));
    const slipped = slippedKeys(schema, entries.keys(), {
      couldBeNamed: (key) => {
        const value = valueOf(key);
        return (isMap(value) || isAlias(value) || isNothing(key)) &&
          !areKeysOf(properties[key], keysOf(key));
      },
      isPlain: (key) => isScalar(valueOf(key)) && !isNothing(key),
    });
    const at = entries.get(slipped[0] ?? "")?.at;
    if (at !== undefined) this.problems.slip(at, path, slippedMessage(schema, slipped));
    if (!required) return slipped;
    for (const [name, entry] of entries) {
      const owner = this.#outerOwner(name);
      const isForeign = keysOf(name).every((key) => !Object.hasOwn(properties, key));
      if (owner === undefined || !(isMap(valueOf(name)) || isNothing(name)) || !isForeign) continue;
      const message = `expected the name of a ${title}, got ${show(name)}, which belongs to ` +
        `${show(owner)}: indent it less`;
      this.problems.slip(entry.at, childPath(path, name), message);
    }
    return slipped;
  }

  /** The keys of the mapping that an entry has for a value; none of anything else. */
  #keysOf(entry: Entry | undefined): readonly string[] {
    const value = this.tree.resolve(entry?.value ?? null);
    return isMap(value) ? value.items.map(({ key }) => isScalar(key) ? String(key.value) : "") : [];
  }

  /** The section around this place that knows the key. */
  #outerOwner(key: string): string | undefined {
    const known = this.#outer.findLast(({ schema }) => Object.hasOwn(schema.properties, key));
    return known && String(known.key);
  }

  #list(schema: ArraySchema, node: Node | null, at: number, path: Path): AnySection[] {
    const target = this.tree.resolve(node);
    if (this.tree.isNothing(target)) return [];
    if (!isSeq(target)) {
      this.#wrongKind(schema, target, at, path);
      return [];
    }
    // Under !!omap and !!pairs the library has turned the items into something else.
    if (!this.#isTagged(target, "seq", path)) return [];
    return this.tree.items(target, path).map((item, index) => {
      const itemAt = item?.range?.[0] ?? at;
      return this.section(schema.items, item, itemAt, childPath(path, index));
    });
  }

  #scalar(schema: ScalarSchema, node: Node | null, at: number, path: Path): unknown {
    const target = this.tree.resolve(node);
    const scalar = isScalar(target) ? classify(target) : undefined;
    if (!scalar && isScalar(target)) return void this.#isTagged(target, "str", path);
    if (!scalar) return void this.#wrongKind(schema, target, at, path);
    // An empty value has no place of its own: its key's is the next best.
    const place = scalar.kind === "null" ? at : target?.range?.[0] ?? at;
    return scalarValue(schema, scalar, this.#faults(place, path));
  }

  #faults(at: number, path: Path): Faults {
    return {
      malformed: (message) => this.problems.add("parse", at, path, message),
      outOfRange: (message) => this.problems.add(phaseOf(path), at, path, message),
    };
  }

  #entries(
    schema: Schema,
    node: Node | null,
    at: number,
    path: Path | undefined,
  ): ReadonlyMap<string, Entry> {
    const target = this.tree.resolve(node);
    if (this.tree.isNothing(target)) return new Map();
    if (isMap(target)) {
      this.#isTagged(target, "map", path);
      return this.tree.entries(target, path);
    }
    this.#wrongKind(schema, target, at, path);
    return new Map();
  }

  #wrongKind(schema: Schema, node: Node | null, at: number, path: Path | undefined): void {
    if (isAlias(node)) return; // It leads nowhere, which has been reported.
    const scalar = isScalar(node) ? classify(node) : undefined;
    const got = isMap(node)
      ? "a mapping"
      : isSeq(node)
      ? "a list"
      : scalar
      ? describeScalar(scalar)
      : "nothing";
    const message = `expected ${nounOf(schema)}, got ${got}${kindHint(schema, node)}`;
    this.problems.add("parse", node?.range?.[0] ?? at, path, message);
  }

  /** Whether a tag, if there is one, says what the node is. Others are reported. */
  #isTagged(node: Node, own: "map" | "seq" | "str", path: Path | undefined): boolean {
    const { tag } = node;
    if (tag === undefined || tag === `tag:yaml.org,2002:${own}`) return true;
    const message = `the tag ${show(tag)} has no meaning here`;
    this.problems.add("parse", node.range?.[0] ?? 0, path, message);
    return false;
  }

  #missing(schema: Schema, at: number, path: Path): void {
    const message = path.parent
      ? `is required (${nounOf(schema)})`
      : "is missing; everything belongs under this key";
    this.problems.add(phaseOf(path), at, path, message);
  }

  #unknownKeys(
    schema: ObjectSchema,
    entries: ReadonlyMap<string, Entry>,
    path: Path | undefined,
  ): void {
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
}

function isCollection(schema: Schema): schema is ObjectSchema | MapSchema | ArraySchema {
  return "properties" in schema || "propertyNames" in schema || "items" in schema;
}

/** What a value of this schema is, in a sentence. */
function nounOf(schema: Schema): string {
  if ("properties" in schema) return "a mapping";
  if ("propertyNames" in schema) return `a mapping of ${schema.additionalProperties.title}s`;
  return "items" in schema ? `a list of ${schema.items.title}s` : expected(schema);
}

function phaseOf(path: Path): "semantic" | "vpp" {
  return isVppPath(path) ? "vpp" : "semantic";
}

function valueAt(entry: Entry): number {
  return entry.value?.range?.[0] ?? entry.at;
}
