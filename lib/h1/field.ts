import type { H2Field } from "../h2/mod.ts";
import { BadRequest } from "./errors.ts";

/**
 * One character for each octet, as HTTP/1.1 has its fields. The runtime's "latin1" decoder is
 * windows-1252, which maps some octets elsewhere. For short texts only.
 */
export function decodeLatin1(octets: Uint8Array): string {
  return String.fromCharCode(...octets);
}

/** The reverse; characters above U+00FF have no place in it. */
export function encodeLatin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** HTAB, visible ASCII and what lies above it; no CR, LF, NUL or any other control character. */
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * One line of a field section, name in lower case. Throws {@link BadRequest}: whitespace before
 * the colon and folded lines are how requests are smuggled (RFC 9112 sections 5.1 and 5.2).
 */
export function parseField(line: string): H2Field {
  const colon = line.indexOf(":");
  const name = line.slice(0, Math.max(0, colon));
  if (!token.test(name)) throw new BadRequest(400, "a field's name is malformed");
  const value = trimBlank(line.slice(colon + 1));
  if (!fieldValue.test(value)) throw new BadRequest(400, "a field has a forbidden character");
  return [name.toLowerCase(), value];
}

/** Whether a name or value may be sent; a line break in it would begin another field. */
export function isSendable([name, value]: H2Field): boolean {
  return token.test(name) && fieldValue.test(value);
}

/** Without the spaces and tabs around it; a regular expression would take quadratic time. */
function trimBlank(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
