/** A field block that cannot be decoded: COMPRESSION_ERROR (RFC 9113 section 4.3). */
export class HpackError extends Error {
  override readonly name = "HpackError";
}

/** A place in a field block that decoding moves along. */
export interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

/**
 * Reads an integer with a prefix of `prefixBits` bits (RFC 7541 section 5.1). Values of 2^28 and
 * more are refused: nothing in a field block of bounded size needs them.
 */
export function readInteger(cursor: Cursor, prefixBits: number): number {
  const mask = (1 << prefixBits) - 1;
  const first = readOctet(cursor) & mask;
  if (first < mask) return first;
  let value = mask;
  for (let shift = 0; shift <= 21; shift += 7) {
    const octet = readOctet(cursor);
    value += (octet & 0x7f) << shift;
    if (octet < 0x80) return value;
  }
  throw new HpackError("integer is longer than five octets");
}

/** Appends an integer whose first octet also carries `pattern` above the prefix (section 5.1). */
export function writeInteger(
  out: number[],
  value: number,
  prefixBits: number,
  pattern: number,
): void {
  const mask = (1 << prefixBits) - 1;
  if (value < mask) {
    out.push(pattern | value);
    return;
  }
  out.push(pattern | mask);
  let rest = value - mask;
  for (; rest >= 0x80; rest >>>= 7) out.push((rest & 0x7f) | 0x80);
  out.push(rest);
}

function readOctet(cursor: Cursor): number {
  const octet = cursor.bytes[cursor.at++];
  if (octet === undefined) throw new HpackError("field block ends in the middle of a field");
  return octet;
}
