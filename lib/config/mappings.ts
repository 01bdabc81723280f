import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { childPath, show } from "./path.ts";
import type { ProblemList } from "./problem_list.ts";
import { classify } from "./scalar.ts";
import type { Path } from "./json_schema.ts";

/** One key of a mapping. */
export interface Entry {
  /** Offset of the key. */
  readonly at: number;
  readonly value: Node | null;
}

/** What aliases and merge keys may add up to; a file that needs more is an attack. */
const maxExpanded = 500_000;

/** Merges of merges; each costs a level of the call stack. */
const maxMerging = 16;

/** Mappings of one tree as the operator means them: keys as text, aliases and `<<` followed. */
export class Mappings {
  readonly #aliases: ReadonlyMap<Alias, Node>;
  readonly #problems: ProblemList;
  /** Mappings that are being merged right now: `&a {<<: *a}` would go on for ever. */
  readonly #merging = new Set<YAMLMap>();
  /** Of mappings that have a key twice, where the last such key stands. */
  readonly #repeated = new WeakMap<ReadonlyMap<string, Entry>, number>();
  readonly #read = new Set<YAMLMap | YAMLSeq>();
  #expanded = 0;
  #exhausted = false;

  constructor(aliases: ReadonlyMap<Alias, Node>, problems: ProblemList) {
    this.#aliases = aliases;
    this.#problems = problems;
  }

  /** The node that is meant; an alias leads to its anchor, or to itself if there is none. */
  resolve(node: Node | null): Node | null {
    return isAlias(node) ? this.#aliases.get(node) ?? node : node;
  }

  /** Whether the value is left out: `key:`, `~` or `null`. */
  isNothing(node: Node | null): boolean {
    return node === null || isScalar(node) && classify(node)?.kind === "null";
  }

  /**
   * The keys in the file's order, merged ones last. Duplicates and keys that are no text are
   * reported.
   */
  entries(map: YAMLMap, path: Path | undefined): ReadonlyMap<string, Entry> {
    const own = new Map<string, Entry>();
    if (!this.#afford(map, path)) return own;
    const merges: Entry[] = [];
    for (const pair of map.items) {
      const keyNode = this.resolve(pair.key as Node | null);
      const entry = { at: place(pair.key, map), value: pair.value as Node | null };
      const key = this.#keyText(keyNode, entry.at, path);
      if (key === undefined) continue;
      if (key === "<<" && isScalar(keyNode) && keyNode.type === "PLAIN") merges.push(entry);
      else if (this.#isNew(own, key, entry, path)) own.set(key, entry);
    }
    if (merges.length > 0) this.#mergeInto(own, map, merges, path);
    return own;
  }

  /** The items of a list. */
  items(list: YAMLSeq, path: Path | undefined): readonly (Node | null)[] {
    return this.#afford(list, path) ? list.items as (Node | null)[] : [];
  }

  #keyText(node: Node | null, at: number, path: Path | undefined): string | undefined {
    const scalar = isScalar(node) ? classify(node) : undefined;
    if (scalar && scalar.text !== "") return scalar.text;
    const message = scalar ? "a key is empty" : "a key must be plain text";
    this.#problems.add("parse", at, path, message);
    return undefined;
  }

  #isNew(own: Map<string, Entry>, key: string, entry: Entry, path: Path | undefined): boolean {
    const first = own.get(key);
    if (!first) return true;
    const line = this.#problems.lineOf(first.at);
    const message = `duplicate key ${show(key)}, first on line ${line}`;
    this.#problems.add("parse", entry.at, childPath(path, key), message);
    this.#repeated.set(own, entry.at);
    return false;
  }

  /** Whether a key that stands in the mapping already comes again after `at`. */
  repeatsAfter(entries: ReadonlyMap<string, Entry>, at: number): boolean {
    return (this.#repeated.get(entries) ?? -1) > at;
  }

  /** Keys that stand here win over merged ones, earlier merged mappings over later ones. */
  #mergeInto(
    own: Map<string, Entry>,
    map: YAMLMap,
    merges: readonly Entry[],
    path: Path | undefined,
  ): void {
    this.#merging.add(map);
    for (const merge of merges) {
      const value = this.resolve(merge.value);
      const sources = isSeq(value) ? this.items(value, path) : [value];
      for (const source of sources) {
        for (const [key, entry] of this.#mergeSource(this.resolve(source), merge.at, path)) {
          if (!own.has(key)) own.set(key, entry);
        }
      }
    }
    this.#merging.delete(map);
  }

  #mergeSource(
    source: Node | null,
    at: number,
    path: Path | undefined,
  ): ReadonlyMap<string, Entry> {
    const problem = !isMap(source)
      ? "<< must be followed by an alias of a mapping, or a list of such"
      : this.#merging.has(source)
      ? "<< merges a mapping into itself"
      : this.#merging.size >= maxMerging
      ? `<< merges through more than ${maxMerging} mappings`
      : undefined;
    if (problem === undefined && isMap(source)) return this.entries(source, path);
    // An alias that leads nowhere has been reported already.
    if (problem !== undefined && !isAlias(source)) this.#problems.add("parse", at, path, problem);
    return new Map();
  }

  /** Counts what is read a second time and more, which only aliases bring about. */
  #afford(node: YAMLMap | YAMLSeq, path: Path | undefined): boolean {
    if (this.#read.has(node)) this.#expanded += node.items.length + 1;
    this.#read.add(node);
    if (this.#expanded <= maxExpanded) return true;
    const message = `aliases expand to more than ${maxExpanded} values`;
    if (!this.#exhausted) this.#problems.add("parse", node.range?.[0] ?? 0, path, message);
    this.#exhausted = true;
    return false;
  }
}

function place(node: unknown, fallback: YAMLMap): number {
  const range = (node as Node | null)?.range ?? fallback.range;
  return range?.[0] ?? 0;
}
