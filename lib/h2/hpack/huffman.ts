import { HpackError } from "./error.ts";
import { codeLengths, codes, endOfString } from "./huffman_code.ts";
import { transitions } from "./huffman_states.ts";

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
