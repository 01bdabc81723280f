/**
 * Node tree to sections by the schema: unknown keys, wrong types and bad literals are parse
 * problems, missing keys and values out of bounds semantic ones.
 *
 * @module
 */

import { isAlias, isMap, isScalar, isSeq, type Node } from "yaml";
import { type Entry, Mappings } from "./mappings.ts";
import { childPath, isVppPath, show } from "./path.ts";
import type { ProblemList } from "./problem_list.ts";
import { classify, describeScalar } from "./scalar.ts";
import { expected, type Faults, scalarValue } from "./scalar_value.ts";
import type {
  FieldSpec,
  ListSpec,
  NamedSpec,
  Path,
  ScalarSpec,
  Section,
  SectionOf,
  SectionSpec,
} from "./spec.ts";
import type { Suggester } from "./suggest.ts";
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
} from "./shape_hints.ts";
import { formProblem } from "./text_forms.ts";
import type { YamlTree } from "./yaml_tree.ts";

/** A section around what is being read. */
interface OuterSection {
  readonly spec: SectionSpec;
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

/** The sections of a file of this spec. Check `problems` before relying on any value. */
export function readSections<S extends SectionSpec>(
  spec: S,
  tree: YamlTree,
  problems: ProblemList,
  suggester: Suggester,
): SectionOf<S> {
  const reader = new Reader(tree, problems, suggester);
  // The reader builds what the spec says; the types of spec.ts say the same thing to the compiler.
  return reader.section(spec, tree.root, 0, undefined) as unknown as SectionOf<S>;
}

class Reader {
  readonly #problems: ProblemList;
  readonly #suggester: Suggester;
  readonly #mappings: Mappings;
  /** The sections that are being read, outermost first. */
  readonly #outer: OuterSection[] = [];

  constructor(tree: YamlTree, problems: ProblemList, suggester: Suggester) {
    this.#problems = problems;
    this.#suggester = suggester;
    this.#mappings = new Mappings(tree.aliases, problems);
  }

  section(spec: SectionSpec, node: Node | null, at: number, path: Path | undefined): AnySection {
    const entries = this.#entries(spec, node, at, path);
    this.#outer.push({ spec, key: path?.key ?? "", entries });
    const values: Record<string, unknown> = {};
    const places: Record<string, number> = {};
    for (const [key, field] of Object.entries(spec.fields)) {
      const entry = entries.get(key);
      if (entry) places[key] = valueAt(entry);
      else if (field.required) this.#missing(field, at, childPath(path, key));
      values[key] = entry || hasDefaults(field)
        ? this.#field(field, entry?.value ?? null, entry?.at ?? at, childPath(path, key))
        : undefined;
      values[key] ??= defaultOf(field);
    }
    this.#unknownKeys(spec, entries, path);
    this.#outer.pop();
    return { at, path: path ?? childPath(undefined, ""), values, places };
  }

  #field(spec: FieldSpec, node: Node | null, at: number, path: Path): unknown {
    switch (spec.type) {
      case "section":
        return this.section(spec, node, at, path);
      case "named":
        return this.#named(spec, node, at, path);
      case "list":
        return this.#list(spec, node, at, path);
      default:
        return this.#scalar(spec, node, at, path);
    }
  }

  #named(spec: NamedSpec, node: Node | null, at: number, path: Path): Map<string, AnySection> {
    const sections = new Map<string, AnySection>();
    const entries = this.#entries(spec, node, at, path);
    const slipped = this.#slipped(spec, entries, path);
    for (const [name, entry] of entries) {
      if (slipped.includes(name)) continue;
      const where = childPath(path, name);
      const problem = formProblem("name", name);
      if (problem !== undefined) {
        const message = `the name of a ${spec.noun} ${problem}, not ${show(name)}`;
        this.#problems.add("semantic", entry.at, where, message);
      }
      sections.set(name, this.section(spec.of, entry.value, entry.at, where));
    }
    return sections;
  }

  /** The keys that stand where names are expected, for a slip of indentation, after a report. */
  #slipped(
    spec: NamedSpec,
    entries: ReadonlyMap<string, Entry>,
    path: Path,
  ): readonly string[] {
    const valueOf = (key: string) => this.#mappings.resolve(entries.get(key)?.value ?? null);
    const isNothing = (key: string) => this.#mappings.isNothing(valueOf(key));
    const keysOf = (key: string) => this.#keysOf(entries.get(key));
    const slipped = slippedKeys(spec, entries.keys(), {
      couldBeNamed: (key) => {
        const value = valueOf(key);
        return (isMap(value) || isAlias(value) || isNothing(key)) &&
          !areKeysOf(spec.of.fields[key], keysOf(key));
      },
      isPlain: (key) => isScalar(valueOf(key)) && !isNothing(key),
    });
    const at = entries.get(slipped[0] ?? "")?.at;
    if (at !== undefined) this.#problems.slip(at, path, slippedMessage(spec, slipped));
    if (!Object.values(spec.of.fields).some(({ required }) => required)) return slipped;
    for (const [name, entry] of entries) {
      const owner = this.#outerOwner(name);
      const isForeign = keysOf(name).every((key) => !Object.hasOwn(spec.of.fields, key));
      if (owner === undefined || !(isMap(valueOf(name)) || isNothing(name)) || !isForeign) continue;
      const message = `expected the name of a ${spec.noun}, got ${show(name)}, which belongs to ` +
        `${show(owner)}: indent it less`;
      this.#problems.slip(entry.at, childPath(path, name), message);
    }
    return slipped;
  }

  /** The keys of the mapping that an entry has for a value; none of anything else. */
  #keysOf(entry: Entry | undefined): readonly string[] {
    const value = this.#mappings.resolve(entry?.value ?? null);
    return isMap(value) ? value.items.map(({ key }) => isScalar(key) ? String(key.value) : "") : [];
  }

  /** The section around this place that knows the key. */
  #outerOwner(key: string): string | undefined {
    const known = this.#outer.findLast(({ spec }) => Object.hasOwn(spec.fields, key));
    return known && String(known.key);
  }

  #list(spec: ListSpec, node: Node | null, at: number, path: Path): AnySection[] {
    const target = this.#mappings.resolve(node);
    if (this.#mappings.isNothing(target)) return [];
    if (!isSeq(target)) {
      this.#wrongKind(spec, target, at, path);
      return [];
    }
    // Under !!omap and !!pairs the library has turned the items into something else.
    if (!this.#isTagged(target, "seq", path)) return [];
    return this.#mappings.items(target, path).map((item, index) => {
      const itemAt = item?.range?.[0] ?? at;
      return this.section(spec.of, item, itemAt, childPath(path, index));
    });
  }

  #scalar(spec: ScalarSpec, node: Node | null, at: number, path: Path): unknown {
    const target = this.#mappings.resolve(node);
    const scalar = isScalar(target) ? classify(target) : undefined;
    if (!scalar && isScalar(target)) return void this.#isTagged(target, "str", path);
    if (!scalar) return void this.#wrongKind(spec, target, at, path);
    // An empty value has no place of its own: its key's is the next best.
    const place = scalar.kind === "null" ? at : target?.range?.[0] ?? at;
    return scalarValue(spec, scalar, this.#faults(place, path));
  }

  #faults(at: number, path: Path): Faults {
    return {
      malformed: (message) => this.#problems.add("parse", at, path, message),
      outOfRange: (message) => this.#problems.add(phaseOf(path), at, path, message),
    };
  }

  #entries(
    spec: FieldSpec,
    node: Node | null,
    at: number,
    path: Path | undefined,
  ): ReadonlyMap<string, Entry> {
    const target = this.#mappings.resolve(node);
    if (this.#mappings.isNothing(target)) return new Map();
    if (isMap(target)) {
      this.#isTagged(target, "map", path);
      return this.#mappings.entries(target, path);
    }
    this.#wrongKind(spec, target, at, path);
    return new Map();
  }

  #wrongKind(spec: FieldSpec, node: Node | null, at: number, path: Path | undefined): void {
    if (isAlias(node)) return; // It leads nowhere, which has been reported.
    const scalar = isScalar(node) ? classify(node) : undefined;
    const got = isMap(node)
      ? "a mapping"
      : isSeq(node)
      ? "a list"
      : scalar
      ? describeScalar(scalar)
      : "nothing";
    const message = `expected ${nounOf(spec)}, got ${got}${kindHint(spec, node)}`;
    this.#problems.add("parse", node?.range?.[0] ?? at, path, message);
  }

  /** Whether a tag, if there is one, says what the node is. Others are reported. */
  #isTagged(node: Node, own: "map" | "seq" | "str", path: Path | undefined): boolean {
    const { tag } = node;
    if (tag === undefined || tag === `tag:yaml.org,2002:${own}`) return true;
    const message = `the tag ${show(tag)} has no meaning here`;
    this.#problems.add("parse", node.range?.[0] ?? 0, path, message);
    return false;
  }

  #missing(spec: FieldSpec, at: number, path: Path): void {
    const message = path.parent
      ? `is required (${nounOf(spec)})`
      : "is missing; everything belongs under this key";
    this.#problems.add(phaseOf(path), at, path, message);
  }

  #unknownKeys(
    spec: SectionSpec,
    entries: ReadonlyMap<string, Entry>,
    path: Path | undefined,
  ): void {
    const empty: string[] = [];
    const known = Object.keys(spec.fields);
    let before: string | undefined;
    let block: MisplacedBlock | undefined;
    const tell = () => {
      if (!block) return;
      const [first = ""] = block.keys;
      const message = misplacedMessage(block.keys, block.place);
      this.#problems.add("parse", block.at, childPath(path, first), message);
      block = undefined;
    };
    for (const [key, entry] of entries) {
      const isEmpty = this.#mappings.isNothing(this.#mappings.resolve(entry.value));
      if (Object.hasOwn(spec.fields, key)) {
        if (isEmpty) empty.push(key);
        before = key;
        tell();
        continue;
      }
      const slip = isEmpty ? this.#tooDeep(key, entry) : undefined;
      const typo = this.#suggester.hint(key, known);
      const slipped = slip ?? (typo === "" ? emptyOwnerHint(spec, empty, key) : undefined);
      const hint = slipped ?? (typo || spaceHint(spec, key));
      const place = hint === "" ? this.#placeOf(spec, key, entry, before) : undefined;
      if (block?.place.owner !== place?.owner || block?.place.indent !== place?.indent) tell();
      if (place) {
        block ??= { place, at: entry.at, keys: [] };
        block.keys.push(key);
        continue;
      }
      const where = childPath(path, key);
      const message = `unknown key ${show(key)}${hint || `; known here: ${known.join(", ")}`}`;
      if (slipped === undefined) this.#problems.add("parse", entry.at, where, message);
      else this.#problems.slip(entry.at, where, message);
    }
    tell();
  }

  /** Where an unknown key that is no slip of the pen belongs; `before` is the last known key. */
  #placeOf(
    spec: SectionSpec,
    key: string,
    entry: Entry,
    before: string | undefined,
  ): Misplacement | undefined {
    const inner = this.#keysOf(entry);
    const field = before === undefined ? undefined : spec.fields[before];
    const deeper = field && couldHold(field, key, inner) ? before : innerOwner(spec, key, inner);
    if (deeper !== undefined) return { indent: "deeper", owner: deeper };
    const less = this.#outerOwner(key) ?? this.#outerNames(inner);
    return less === undefined ? undefined : { indent: "less", owner: less };
  }

  /** The field around this place whose names stand for what has these keys. */
  #outerNames(keys: readonly string[]): string | undefined {
    for (const { spec } of this.#outer.toReversed()) {
      const found = Object.entries(spec.fields).find(([, field]) =>
        field.type === "named" && couldName(field, keys)
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
    return this.#outer.some(({ entries }) => this.#mappings.repeatsAfter(entries, entry.at))
      ? "; what follows stands here already: indent it less if it is a name"
      : undefined;
  }
}

function isCollection(spec: FieldSpec): spec is SectionSpec | NamedSpec | ListSpec {
  return spec.type === "section" || spec.type === "named" || spec.type === "list";
}

/** What a value of this spec is, in a sentence. */
function nounOf(spec: FieldSpec): string {
  switch (spec.type) {
    case "section":
      return "a mapping";
    case "named":
      return `a mapping of ${spec.noun}s`;
    case "list":
      return `a list of ${spec.noun}s`;
    default:
      return expected(spec);
  }
}

/** Whether an absent value is read as an empty collection, which may lack required keys itself. */
function hasDefaults(spec: FieldSpec): boolean {
  return isCollection(spec) && !(spec.type === "section" && spec.required);
}

function defaultOf(spec: FieldSpec): unknown {
  return "default" in spec ? spec.default : undefined;
}

function phaseOf(path: Path): "semantic" | "vpp" {
  return isVppPath(path) ? "vpp" : "semantic";
}

function valueAt(entry: Entry): number {
  return entry.value?.range?.[0] ?? entry.at;
}
