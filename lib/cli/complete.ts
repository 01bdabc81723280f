import type { Node } from "./node.ts";
import { follow, nodeLabel } from "./walk.ts";

/** One line of help: what may be typed and what it does. */
export interface Choice {
  readonly label: string;
  readonly help: string;
}

/** What may follow, at one point of a line. */
export interface Completion {
  /** Words that may stand in place of the partial one, sorted as in the tree, names after. */
  readonly words: readonly string[];
  /** The same as lines of help. */
  readonly choices: readonly Choice[];
  /** The slot whose live names are wanted, if one is possible here. */
  readonly slot: Extract<Node, { kind: "slot" }> | undefined;
  /** Whether the line is a whole command already. */
  readonly runnable: boolean;
}

/** What could come next after `words` when `partial` has been typed of it. Pure: no live names. */
export function complete(
  roots: readonly Node[],
  words: readonly string[],
  partial: string,
): Completion | undefined {
  const reached = follow(roots, words);
  if (reached.kind === "error") return undefined;
  const { choices, command } = reached.point;
  const fitting = choices.filter((node) => node.kind === "slot" || node.word.startsWith(partial));
  return {
    words: fitting.flatMap((node) => node.kind === "keyword" ? [node.word] : []),
    choices: fitting.map((node) => ({ label: nodeLabel(node), help: node.help })),
    slot: fitting.find((node) => node.kind === "slot"),
    runnable: command !== undefined && partial === "",
  };
}

/** The longest beginning that all of `words` share. */
export function commonPrefix(words: readonly string[]): string {
  const [first = "", ...rest] = words;
  let length = first.length;
  for (const word of rest) {
    while (!word.startsWith(first.slice(0, length))) length--;
  }
  return first.slice(0, length);
}
