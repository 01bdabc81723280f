/**
 * Text to YAML node tree, with everything that YAML itself can get wrong reported. Scalars stay
 * text: what `no`, `1` or `~` means is decided by the key they belong to.
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
  isNode,
  isPair,
  type Node,
  Parser,
} from "yaml";
import { reasonOf } from "../log/mod.ts";
import { show } from "./path.ts";
import type { ProblemList } from "./problem_list.ts";
import { reportSyntax } from "./yaml_syntax.ts";

/** One document, and what its aliases stand for. */
export interface YamlTree {
  readonly root: Node | null;
  readonly aliases: ReadonlyMap<Alias, Node>;
}

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
  return { root, aliases: root ? resolveAliases(root, problems) : new Map() };
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
