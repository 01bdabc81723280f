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
