import { HpackError } from "./integer.ts";

/**
 * Bits of the code of each octet, and of EOS as the 257th (RFC 7541 appendix B). The code is
 * canonical (section 5.2), so its codes follow from their lengths.
 */
// deno-fmt-ignore
const lengths: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
  28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
  5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
  6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
  24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
  21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
  26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
];

/** The symbol that ends a string; never sent (RFC 7541 section 5.2). */
export const endOfString = 256;

/** Bits of each symbol's code. */
export const codeLengths: Uint8Array = Uint8Array.from(lengths);

/** Each symbol's code, right-aligned. */
export const codes: Uint32Array = canonicalCodes();

/** Codes of one length count up in order of symbols; a longer one starts at twice the next. */
function canonicalCodes(): Uint32Array {
  const symbols = lengths.map((length, symbol) => ({ length, symbol }));
  symbols.sort((a, b) => a.length - b.length || a.symbol - b.symbol);
  const result = new Uint32Array(lengths.length);
  let code = 0;
  let width = 0;
  for (const { length, symbol } of symbols) {
    code <<= length - width;
    width = length;
    result[symbol] = code++;
  }
  return result;
}

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

/** Octets that `text`, one octet per character, takes when Huffman-coded (RFC 7541 section 5.2). */
export function huffmanLength(text: string): number {
  let bits = 0;
  for (let at = 0; at < text.length; at++) bits += codeLengths[text.charCodeAt(at) & 0xff] ?? 0;
  return (bits + 7) >>> 3;
}

/** Appends `text` Huffman-coded, padded with the first bits of EOS, which are ones. */
export function huffmanEncode(out: number[], text: string): void {
  let pending = 0;
  let width = 0;
  for (let at = 0; at < text.length; at++) {
    const symbol = text.charCodeAt(at) & 0xff;
    let left = codeLengths[symbol] ?? 0;
    const code = codes[symbol] ?? 0;
    // A code has up to 28 bits and 7 may be pending: more than fits, so octet by octet.
    while (left > 0) {
      const take = Math.min(8 - width, left);
      left -= take;
      pending = (pending << take) | ((code >>> left) & ((1 << take) - 1));
      width += take;
      if (width < 8) continue;
      out.push(pending);
      pending = 0;
      width = 0;
    }
  }
  if (width > 0) out.push((pending << (8 - width)) | (0xff >>> width));
}

const scratch: number[] = [];

/**
 * Decodes `bytes[start..end)` into a string of one character per octet. Refuses EOS and padding
 * that is longer than 7 bits or not all ones (RFC 7541 section 5.2).
 */
export function huffmanDecode(bytes: Uint8Array, start: number, end: number): string {
  const symbols = scratch;
  symbols.length = 0;
  let text = "";
  let state = 0;
  for (let at = start; at < end; at++) {
    const octet = bytes[at] ?? 0;
    for (const nibble of [octet >>> 4, octet & 0xf]) {
      const step = transitions.steps[(state << 4) | nibble] ?? 0;
      if (step < 0) throw new HpackError("Huffman-coded string contains EOS");
      state = step >>> 9;
      const symbol = step & 0x1ff;
      if (symbol !== endOfString) symbols.push(symbol);
    }
    if (symbols.length >= 4096) text += drain(symbols);
  }
  if (transitions.mayEnd[state] !== 1) throw new HpackError("Huffman padding is not EOS");
  return text + drain(symbols);
}

function drain(symbols: number[]): string {
  const text = String.fromCharCode.apply(undefined, symbols);
  symbols.length = 0;
  return text;
}
