/** The lines of an HTTP/1 message (RFC 9112), each as a range of bytes without its line feed. Pure. */

const CR = 13;
const SP = 32;
const TAB = 9;
const COLON = 58;
const SEMICOLON = 59;

/** What every status line starts with. */
const protocol = new TextEncoder().encode("HTTP/1.");
/** `HTTP/1.1 200`. */
const shortestStatusLine = 12;

/** The headers that say where a body ends. */
const framingHeaders = (["content-length", "transfer-encoding"] as const).map((kind) => ({
  kind,
  bytes: new TextEncoder().encode(kind),
}));

/** RFC 9110 section 5.6.2: what a header's name may consist of. */
const isToken = new Uint8Array(256);
for (const char of "!#$%&'*+-.^_`|~0123456789") isToken[char.charCodeAt(0)] = 1;
for (let code = 65; code <= 90; code++) isToken[code] = isToken[code + 32] = 1;

/** Whether the bytes, of which there may be few yet, can become a status line. */
export function startsStatusLine(bytes: Uint8Array, from: number, to: number): boolean {
  const length = Math.min(to - from, protocol.length);
  for (let i = 0; i < length; i++) {
    if (bytes[from + i] !== protocol[i]) return false;
  }
  return true;
}

/** The status code of a status line, or undefined when it isn't one (RFC 9112 section 4). */
export function parseStatusLine(bytes: Uint8Array, from: number, to: number): number | undefined {
  const end = withoutCr(bytes, from, to);
  if (end - from < shortestStatusLine || !startsStatusLine(bytes, from, end)) return undefined;
  const minor = digit(bytes[from + 7]);
  const code = 100 * digit(bytes[from + 9]) + 10 * digit(bytes[from + 10]) +
    digit(bytes[from + 11]);
  const shaped = minor >= 0 && bytes[from + 8] === SP &&
    (end - from === shortestStatusLine || bytes[from + 12] === SP);
  return shaped && code >= 100 ? code : undefined;
}

/** What one header line says, as far as the reader cares. */
export type HeaderLine =
  /** The empty line that ends a head. */
  | { readonly kind: "end" }
  /** A header that says nothing about where the body ends. */
  | { readonly kind: "other" }
  | { readonly kind: "content-length"; readonly value: string }
  | { readonly kind: "transfer-encoding"; readonly value: string }
  /** The one that was asked for by name. */
  | { readonly kind: "wanted"; readonly value: string }
  | { readonly kind: "malformed" };

const end: HeaderLine = { kind: "end" };
const other: HeaderLine = { kind: "other" };
const malformed: HeaderLine = { kind: "malformed" };

/**
 * Reads a header line (RFC 9112 section 5). A line that begins with white space continues the one
 * before it, as long forbidden and still seen; it is skipped. `wanted` is a name in lower case.
 */
export function parseHeaderLine(
  bytes: Uint8Array,
  from: number,
  to: number,
  wanted?: Uint8Array,
): HeaderLine {
  const last = withoutCr(bytes, from, to);
  if (last === from) return end;
  if (bytes[from] === SP || bytes[from] === TAB) return other;
  let colon = from;
  while (colon < last && isToken[bytes[colon] ?? 0] === 1) colon++;
  if (colon === from || bytes[colon] !== COLON || colon >= last) return malformed;
  for (const name of framingHeaders) {
    if (!isName(name.bytes, bytes, from, colon)) continue;
    return { kind: name.kind, value: text(bytes, colon + 1, last).trim() };
  }
  if (wanted && isName(wanted, bytes, from, colon)) {
    return { kind: "wanted", value: text(bytes, colon + 1, last).trim() };
  }
  return other;
}

/** Whether a name in whatever case is the one in `wanted`, which is in lower case. */
function isName(wanted: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from !== wanted.length) return false;
  for (let i = 0; i < wanted.length; i++) {
    if (((bytes[from + i] ?? 0) | 0x20) !== wanted[i]) return false;
  }
  return true;
}

/** A Content-Length, given as one number or as the same one several times (RFC 9110 8.6). */
export function parseContentLength(value: string): number | undefined {
  const [first = "", ...others] = value.split(/[ \t]*,[ \t]*/);
  if (!/^\d+$/.test(first) || others.some((other) => other !== first)) return undefined;
  const length = Number(first);
  return Number.isSafeInteger(length) ? length : undefined;
}

/** The size in a chunk's first line, extensions ignored (RFC 9112 section 7.1). */
export function parseChunkSize(bytes: Uint8Array, from: number, to: number): number | undefined {
  const last = withoutCr(bytes, from, to);
  let size = 0;
  let at = from;
  for (; at < last; at++) {
    const digit = hexDigit(bytes[at]);
    if (digit === undefined) break;
    size = 16 * size + digit;
  }
  if (at === from || size > Number.MAX_SAFE_INTEGER) return undefined;
  while (at < last && (bytes[at] === SP || bytes[at] === TAB)) at++;
  return at === last || bytes[at] === SEMICOLON ? size : undefined;
}

/** Whether a line is empty, as the one after a chunk's data has to be. */
export function isEmptyLine(bytes: Uint8Array, from: number, to: number): boolean {
  return withoutCr(bytes, from, to) === from;
}

function withoutCr(bytes: Uint8Array, from: number, to: number): number {
  return to > from && bytes[to - 1] === CR ? to - 1 : to;
}

/** The value of a decimal digit, so negative for anything else that sums never look like codes. */
function digit(byte: number | undefined): number {
  return byte !== undefined && byte >= 48 && byte <= 57 ? byte - 48 : -1000;
}

/** The value of a hexadecimal digit. */
function hexDigit(byte = 0): number | undefined {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 0x20;
  return letter >= 97 && letter <= 102 ? letter - 87 : undefined;
}

/** The bytes as characters of the same number. A decoder would cost ten times as much. */
function text(bytes: Uint8Array, from: number, to: number): string {
  let result = "";
  for (let i = from; i < to; i++) result += String.fromCharCode(bytes[i] ?? 0);
  return result;
}
