/**
 * Node tree to sections by the schema: unknown keys, wrong types and bad literals are parse
 * problems, missing keys and values out of bounds semantic ones.
 *
 * @module
 */

import { isAlias, isMap, isScalar, isSeq, type Node } from "yaml";
import { MisplacedKeys, type Suggester } from "./hints.ts";
import type {
  ArraySchema,
  MapSchema,
  ObjectSchema,
  ScalarSchema,
  Schema,
  ValuesOf,
} from "./json_schema.ts";
import {
  childPath,
  isVppPath,
  type Path,
  type ProblemList,
  type Section,
  show,
} from "./problems.ts";
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

type AnySection = Section<Record<string, unknown>>;

/** The values of a file of this schema. Check `problems` before relying on any of them. */
export function readSections<S extends ObjectSchema>(
  schema: S,
  tree: YamlTree,
  problems: ProblemList,
  suggester: Suggester,
): Partial<ValuesOf<S>> {
  const reader = new Reader(tree, problems, new MisplacedKeys(tree, problems, suggester));
  // The reader builds what the schema says; the types of json_schema.ts tell the compiler the same.
  return reader.section(schema, tree.root, 0, undefined).values as Partial<ValuesOf<S>>;
}

class Reader {
  constructor(
    private readonly tree: YamlTree,
    private readonly problems: ProblemList,
    private readonly misplaced: MisplacedKeys,
  ) {}

  section(schema: ObjectSchema, node: Node | null, at: number, path: Path | undefined): AnySection {
    const entries = this.#entries(schema, node, at, path);
    this.misplaced.enter({ schema, path, entries });
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
    this.misplaced.leave();
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
    const slipped = this.misplaced.amongNames(schema, entries, path);
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

/** What to write instead of a node of the wrong kind, to be put after the message; may be empty. */
function kindHint(schema: Schema, node: Node | null): string {
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
    return isMap(node) ? `; begin each ${schema.items.title} with a dash` : "";
  }
  return schema["x-format"] === "ip" && isSeq(node) ? "; write it without brackets" : "";
}
