/** The two address families. */
export type IpFamily = 4 | 6;

/** One address, immutable. `text` is canonical, so equal addresses have equal texts. */
export interface IpAddress {
  /** Goes with the number of bytes. */
  readonly family: IpFamily;
  /** Network order: 4 or 16 bytes. */
  readonly bytes: Uint8Array;
  /** Dotted decimal, or RFC 5952 for IPv6. */
  readonly text: string;
}

/** `0000:…:0000:255.255.255.255`, RFC 4291's longest form: 6 groups, colons, 15 characters. */
const maxTextLength = 45;

/** The address that `text` spells, or undefined. Zone indices and prefix lengths are refused. */
export function parseIp(text: string): IpAddress | undefined {
  if (text.length > maxTextLength) return undefined;
  const bytes = text.includes(":") ? parseV6(text) : parseV4(text);
  return bytes && ipFromBytes(bytes);
}

/** The address with these 4 or 16 bytes, which are copied. Throws RangeError on other lengths. */
export function ipFromBytes(bytes: Uint8Array): IpAddress {
  if (bytes.length !== 4 && bytes.length !== 16) {
    throw new RangeError(`an IP address has 4 or 16 bytes, not ${bytes.length}`);
  }
  const own = bytes.slice();
  return { family: own.length === 4 ? 4 : 6, bytes: own, text: formatIp(own) };
}

/** Numeric order, IPv4 before IPv6: negative, zero or positive. */
export function compareIp(a: IpAddress, b: IpAddress): number {
  if (a.family !== b.family) return a.family - b.family;
  for (let i = 0; i < a.bytes.length; i++) {
    const difference = (a.bytes[i] ?? 0) - (b.bytes[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The address as a host prefix: `192.0.2.1/32`, `2001:db8::1/128`. */
export function hostPrefix(address: IpAddress): string {
  return `${address.text}/${address.family === 4 ? 32 : 128}`;
}

/** Prints 4 bytes as dotted decimal and 16 bytes as RFC 5952 section 4 asks. */
export function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  if (isMappedV4(bytes)) return `::ffff:${bytes.subarray(12).join(".")}`;
  const groups = Array.from(
    { length: 8 },
    (_, i) => (bytes[2 * i] ?? 0) << 8 | (bytes[2 * i + 1] ?? 0),
  );
  const gap = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  if (gap.length < 2) return hex.join(":");
  return `${hex.slice(0, gap.start).join(":")}::${hex.slice(gap.start + gap.length).join(":")}`;
}

function isMappedV4(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 10).every((b) => b === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
}

/** RFC 5952 4.2.3: the longest run, the first one of equals. */
function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
    start += length;
  }
  return best;
}

/** Four decimal octets without leading zeros, which some programs would read as octal. */
function parseV4(text: string): Uint8Array | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  const bytes = new Uint8Array(4);
  for (const [i, part] of parts.entries()) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    bytes[i] = Number(part);
  }
  return bytes;
}

/** RFC 4291 section 2.2: groups of hex, one `::`, an optional dotted tail. */
function parseV6(text: string): Uint8Array | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? "", halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? "", true) : [];
  if (!head || !tail) return undefined;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined;
  return new Uint8Array([...head, ...new Array<number>(missing).fill(0), ...tail]);
}

function parseGroups(text: string, mayEndDotted: boolean): number[] | undefined {
  if (text === "") return [];
  const bytes: number[] = [];
  const groups = text.split(":");
  for (const [i, group] of groups.entries()) {
    if (mayEndDotted && i === groups.length - 1 && group.includes(".")) {
      const v4 = parseV4(group);
      if (!v4) return undefined;
      bytes.push(...v4);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
      const value = parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    }
  }
  return bytes;
}
