/** One element of DER (X.690 section 10). */
export interface DerElement {
  /** Class, form and number, as in the first octet. */
  readonly tag: number;
  readonly content: Uint8Array;
  /** With tag and length. */
  readonly whole: Uint8Array;
}

/** What is no DER, or not what it should be. */
export class DerError extends Error {
  override readonly name = "DerError";
}

/** The tags that certificates are made of. */
export const tags = {
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The one element that octets are. Throws DerError. */
export function readElement(octets: Uint8Array): DerElement {
  const [element, ...others] = readElements(octets);
  if (!element || others.length > 0) throw new DerError("there is not just one element");
  return element;
}

/** The elements that octets consist of. Throws DerError. */
function readElements(octets: Uint8Array): readonly DerElement[] {
  const elements: DerElement[] = [];
  for (let at = 0; at < octets.length;) {
    const element = elementAt(octets, at);
    elements.push(element);
    at += element.whole.length;
  }
  return elements;
}

/** What an element consists of, which has to have this tag. Throws DerError. */
export function childrenOf(element: DerElement | undefined, tag: number): readonly DerElement[] {
  if (element?.tag !== tag) throw new DerError(`there is no element of tag ${tag}`);
  return readElements(element.content);
}

function elementAt(octets: Uint8Array, start: number): DerElement {
  const tag = octets[start] ?? 0;
  if ((tag & 0x1f) === 0x1f) throw new DerError("a tag of several octets");
  const first = octets[start + 1] ?? 0x80;
  const more = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || more > 3) throw new DerError("a length that is not definite, or too long");
  const digits = octets.subarray(start + 2, start + 2 + more);
  const length = more === 0 ? first : digits.reduce((sum, octet) => sum * 256 + octet, 0);
  // DER has one way to write a length: the shortest.
  if (more > 0 && (length < 0x80 || digits[0] === 0)) throw new DerError("a length with zeros");
  const from = start + 2 + more;
  if (digits.length < more || from + length > octets.length) throw new DerError("it ends too soon");
  return {
    tag,
    content: octets.subarray(from, from + length),
    whole: octets.subarray(start, from + length),
  };
}
