import { codeLengths, codes, endOfString } from "./huffman_code.ts";

/**
 * A decoder that takes four bits at a time; no code is shorter than five, so it emits at most one
 * symbol.
 */
interface Transitions {
  /** By `state * 16 + nibble`: the next state times 512 plus the symbol (256: none); -1: EOS. */
  readonly steps: Int32Array;
  /** By state: 1 where a string may end, that is after up to seven bits, all ones. */
  readonly mayEnd: Uint8Array;
}

/** A node of the code's tree: a symbol, or two children. States number the inner nodes. */
interface Node {
  readonly state: number;
  readonly symbol: number | undefined;
  readonly children: [Node | undefined, Node | undefined];
}

/** The table that {@link huffmanDecode} walks, made once from the code of RFC 7541 appendix B. */
export const transitions: Transitions = build();

function build(): Transitions {
  const inner: Node[] = [];
  const root = innerNode(inner);
  for (let symbol = 0; symbol < codes.length; symbol++) insert(root, inner, symbol);
  const steps = new Int32Array(inner.length * 16);
  for (const node of inner) {
    for (let nibble = 0; nibble < 16; nibble++) {
      steps[node.state * 16 + nibble] = step(root, node, nibble);
    }
  }
  return { steps, mayEnd: paddingStates(root, inner.length) };
}

function innerNode(inner: Node[]): Node {
  const node: Node = { state: inner.length, symbol: undefined, children: [undefined, undefined] };
  inner.push(node);
  return node;
}

function insert(root: Node, inner: Node[], symbol: number): void {
  const code = codes[symbol] ?? 0;
  let node = root;
  for (let bit = (codeLengths[symbol] ?? 0) - 1; bit > 0; bit--) {
    const side = (code >>> bit) & 1;
    node = node.children[side] ??= innerNode(inner);
  }
  node.children[code & 1] = { state: 0, symbol, children: [undefined, undefined] };
}

function step(root: Node, from: Node, nibble: number): number {
  let node = from;
  let emitted = endOfString;
  for (let bit = 3; bit >= 0; bit--) {
    const next = node.children[(nibble >>> bit) & 1];
    if (next === undefined || next.symbol === endOfString) return -1;
    if (next.symbol !== undefined) emitted = next.symbol;
    node = next.symbol === undefined ? next : root;
  }
  return (node.state << 9) | emitted;
}

function paddingStates(root: Node, count: number): Uint8Array {
  const mayEnd = new Uint8Array(count);
  let node: Node | undefined = root;
  for (let bits = 0; bits <= 7 && node !== undefined; bits++) {
    mayEnd[node.state] = 1;
    node = node.children[1];
  }
  return mayEnd;
}
