/**
 * Text to YAML tree, with everything that YAML itself can get wrong reported. Scalars stay text: what
 * `no`, `1` or `~` means is decided by the key they belong to.
 *
 * @module
 */

import {
  type Alias,
  Composer,
  type CST,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  Parser,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { reasonOf } from "../log/mod.ts";
import { childPath, type Path, type ProblemList, show } from "./problems.ts";
import { classify } from "./scalar.ts";
import { reportSyntax } from "./yaml_errors.ts";

/** The file's own structure has 9 levels; beyond this the library's recursion would overflow. */
const maxDepth = 64;

/** Duplicate keys are ours to report: the library compares all pairs, 10,000² for as many names. */
const composerOptions = {
  schema: "failsafe",
  uniqueKeys: false,
  prettyErrors: false,
  logLevel: "silent",
} as const;

/** The tree, or undefined when there is none that could be trusted; the reasons are in `problems`. */
export function parseYaml(text: string, problems: ProblemList): YamlTree | undefined {
  try {
    return parse(text, problems);
  } catch (error) {
    const reason = reasonOf(error).slice(0, 160);
    problems.add("parse", 0, undefined, `cannot be read as YAML: ${reason}`);
    return undefined;
  }
}

function parse(text: string, problems: ProblemList): YamlTree | undefined {
  const composer = new Composer(composerOptions);
  const tokens = shallow(new Parser().parse(text), problems);
  let first: Document.Parsed | undefined;
  for (const document of composer.compose(tokens, true, text.length)) {
    if (first) {
      const message = "a second YAML document starts here; the file must hold one";
      problems.add("parse", startOf(document), undefined, message);
      break;
    }
    first = document;
  }
  reportSyntax(first?.errors ?? [], text, problems);
  if (problems.parseFailed || !first) return undefined;
  const root = isNode(first.contents) ? first.contents : null;
  return new YamlTree(root, root ? resolveAliases(root, problems) : new Map(), problems);
}

function startOf(document: Document.Parsed): number {
  return document.contents?.range?.[0] ?? document.range[0];
}

/** Passes tokens on until one is nested too deeply. The parser that makes them does not recurse. */
function* shallow(tokens: Iterable<CST.Token>, problems: ProblemList): Generator<CST.Token> {
  for (const token of tokens) {
    const deep = tooDeep(token);
    if (deep !== undefined) {
      problems.add("parse", deep, undefined, `nested more than ${maxDepth} levels deep`);
      return;
    }
    yield token;
  }
}

/** Offset of the first token found below the depth limit, if there is one. */
function tooDeep(root: CST.Token): number | undefined {
  const open: { token: CST.Token; depth: number }[] = [{ token: root, depth: 0 }];
  for (let top = open.pop(); top; top = open.pop()) {
    const { token, depth } = top;
    if (depth > maxDepth) return "offset" in token ? token.offset : 0;
    for (const child of childTokens(token)) open.push({ token: child, depth: depth + 1 });
  }
  return undefined;
}

function* childTokens(token: CST.Token): Generator<CST.Token> {
  if (token.type === "document" && token.value) yield token.value;
  if (!("items" in token)) return;
  for (const { key, value } of token.items) {
    // Scalars have no children: skipping them here halves the walk.
    if (key && "items" in key) yield key;
    if (value && "items" in value) yield value;
  }
}

/** YAML 1.2.2 section 7.1: an alias means the last node before it that bears the anchor. */
function resolveAliases(root: Node, problems: ProblemList): Map<Alias, Node> {
  const anchors = new Map<string, Node>();
  const aliases = new Map<Alias, Node>();
  const visit = (node: unknown): void => {
    if (isPair(node)) {
      visit(node.key);
      visit(node.value);
    } else if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target) aliases.set(node, target);
      else {
        const message = `no anchor ${
          show(`&${node.source}`)
        } stands before this alias; put text that starts with * in quotes`;
        problems.add("parse", node.range?.[0] ?? 0, undefined, message);
      }
    } else if (isNode(node)) {
      if ("anchor" in node && node.anchor) anchors.set(node.anchor, node);
      if (isCollection(node)) { for (const item of node.items) visit(item); }
    }
  };
  visit(root);
  return aliases;
}

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

/** A document as the operator means it: keys as text, aliases and `<<` followed. */
export class YamlTree {
  /** Mappings that are being merged right now: `&a {<<: *a}` would go on for ever. */
  readonly #merging = new Set<YAMLMap>();
  /** Of mappings that have a key twice, where the last such key stands. */
  readonly #repeated = new WeakMap<ReadonlyMap<string, Entry>, number>();
  readonly #read = new Set<YAMLMap | YAMLSeq>();
  #expanded = 0;
  #exhausted = false;

  constructor(
    readonly root: Node | null,
    private readonly aliases: ReadonlyMap<Alias, Node>,
    private readonly problems: ProblemList,
  ) {}

  /** The node that is meant; an alias leads to its anchor, or to itself if there is none. */
  resolve(node: Node | null): Node | null {
    return isAlias(node) ? this.aliases.get(node) ?? node : node;
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
    this.problems.add("parse", at, path, message);
    return undefined;
  }

  #isNew(own: Map<string, Entry>, key: string, entry: Entry, path: Path | undefined): boolean {
    const first = own.get(key);
    if (!first) return true;
    const line = this.problems.lineOf(first.at);
    const message = `duplicate key ${show(key)}, first on line ${line}`;
    this.problems.add("parse", entry.at, childPath(path, key), message);
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
    if (problem !== undefined && !isAlias(source)) this.problems.add("parse", at, path, problem);
    return new Map();
  }

  /** Counts what is read a second time and more, which only aliases bring about. */
  #afford(node: YAMLMap | YAMLSeq, path: Path | undefined): boolean {
    if (this.#read.has(node)) this.#expanded += node.items.length + 1;
    this.#read.add(node);
    if (this.#expanded <= maxExpanded) return true;
    const message = `aliases expand to more than ${maxExpanded} values`;
    if (!this.#exhausted) this.problems.add("parse", node.range?.[0] ?? 0, path, message);
    this.#exhausted = true;
    return false;
  }
}

function place(node: unknown, fallback: YAMLMap): number {
  const range = (node as Node | null)?.range ?? fallback.range;
  return range?.[0] ?? 0;
}
