import { childrenOf, type DerElement, DerError, tags } from "./der.ts";

/** Types of attributes by their object identifier in hexadecimal (RFC 4514 section 3, and PKCS #9). */
const shortNames: ReadonlyMap<string, string> = new Map([
  ["550403", "CN"],
  ["550405", "serialNumber"],
  ["550406", "C"],
  ["550407", "L"],
  ["550408", "ST"],
  ["550409", "STREET"],
  ["55040a", "O"],
  ["55040b", "OU"],
  ["0992268993f22c640101", "UID"],
  ["0992268993f22c640119", "DC"],
  ["2a864886f70d010901", "emailAddress"],
]);

/** The same by their names in lower case: types are not told apart by it. */
const byLowerCase = new Map([...shortNames.values()].map((name) => [name.toLowerCase(), name]));

/**
 * A name of a certificate in the one form of RFC 4514 that such a name has here: most special
 * first, as openssl prints it with -nameopt RFC2253. Two names have the same text only if they are
 * the same: whatever could be taken for something else is escaped. Throws DerError.
 */
export function nameText(name: DerElement): string {
  const sets = childrenOf(name, tags.sequence);
  return sets.map((set) => joined(childrenOf(set, tags.set).map(attributeText))).reverse().join(
    ",",
  );
}

/**
 * The same form of a text that a person has written, which may have blanks after commas and types
 * in other case; undefined if it is no name.
 */
export function canonicalName(text: string): string | undefined {
  const sets: string[][] = [[]];
  let rest = text;
  for (;;) {
    // Escaped are a special character, or octets in hexadecimal.
    const [whole, type = "", value = "", end = ""] =
      /^ *([A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+) *= *((?:\\[0-9A-Fa-f]{2}|\\[ "#+,;<=>\\]|[^"+,;<>\\\0])*)(\+|,|$)/
        .exec(rest) ?? [];
    const name = /^\d/.test(type) ? type : byLowerCase.get(type.toLowerCase());
    const canonical = name && canonicalValue(value);
    if (whole === undefined || !canonical) return undefined;
    sets.at(-1)?.push(`${name}=${canonical}`);
    rest = rest.slice(whole.length);
    if (end === "") return sets.map(joined).join(",");
    if (end === ",") sets.push([]);
  }
}

/** Several attributes of one rank have no order. */
function joined(attributes: readonly string[]): string {
  if (attributes.length === 0) throw new DerError("a part of a name without an attribute");
  return attributes.toSorted().join("+");
}

function attributeText(attribute: DerElement): string {
  const [type, value, ...others] = childrenOf(attribute, tags.sequence);
  if (type?.tag !== tags.objectIdentifier || !value || others.length > 0) {
    throw new DerError("an attribute that is not a type and a value");
  }
  const name = shortNames.get(type.content.toHex());
  const text = name === undefined ? undefined : textOf(value);
  const inHex = `#${value.whole.toHex()}`;
  return `${name ?? dotted(type.content)}=${text === undefined ? inHex : escaped(text)}`;
}

/** Text where it is for certain which; other and older kinds of strings stay octets. */
function textOf({ tag, content }: DerElement): string | undefined {
  const isText = tag === tags.utf8String || tag === tags.printableString || tag === tags.ia5String;
  return isText && content.length > 0 ? decoded(content) : undefined;
}

function decoded(octets: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(octets);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** What a written value means, in canonical form; undefined if it means nothing. */
function canonicalValue(written: string): string | undefined {
  const value = written.replace(/(?<!\\)((?:\\\\)*) +$/, "$1");
  if (value === "") return undefined;
  if (value.startsWith("#")) {
    return /^#(?:[0-9a-f]{2})+$/i.test(value) ? value.toLowerCase() : undefined;
  }
  const octets: number[] = [];
  const encoder = new TextEncoder();
  for (const [piece] of value.matchAll(/\\[0-9A-Fa-f]{2}|\\.|[^\\]/gsu)) {
    const isHex = /^\\[0-9A-Fa-f]{2}$/.test(piece);
    if (isHex) octets.push(parseInt(piece.slice(1), 16));
    else octets.push(...encoder.encode(piece.startsWith("\\") ? piece.slice(1) : piece));
  }
  const text = decoded(new Uint8Array(octets));
  return text === undefined ? undefined : escaped(text);
}

/** What stands for something else where it is not escaped (RFC 4514 section 2.4). */
const special: ReadonlySet<string> = new Set('"+,;<=>\\');

/** What a screen does not show as what it is. */
const hidden = /^(?:\p{C}|\p{Zl}|\p{Zp}|(?! )\p{Zs})$/u;

function escaped(text: string): string {
  const characters = [...text];
  return characters.map((character, i) => {
    const isEdge = i === 0 || i === characters.length - 1;
    if (special.has(character) || isEdge && character === " " || i === 0 && character === "#") {
      return `\\${character}`;
    }
    if (!hidden.test(character)) return character;
    const octets = [...new TextEncoder().encode(character)];
    return octets.map((octet) => `\\${octet.toString(16).padStart(2, "0")}`).join("");
  }).join("");
}

/** An object identifier as numbers: `1.3.6.1` (X.690 section 8.19). */
function dotted(octets: Uint8Array): string {
  const numbers: bigint[] = [];
  let number = 0n;
  for (const octet of octets) {
    // There is one way to write a number: the shortest.
    if (number === 0n && octet === 0x80) throw new DerError("a type with zeros");
    number = number << 7n | BigInt(octet & 0x7f);
    if (octet & 0x80) continue;
    numbers.push(number);
    number = 0n;
  }
  if (octets.length === 0 || (octets.at(-1) ?? 0) & 0x80) {
    throw new DerError("a type without an end");
  }
  const [first = 0n, ...rest] = numbers;
  const root = first < 40n ? 0n : first < 80n ? 1n : 2n;
  return [root, first - root * 40n, ...rest].join(".");
}
