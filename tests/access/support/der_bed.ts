/** What certificates are made of, written without looking at how they are read. */

/** An element: its tag, and what it holds. */
export function element(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = join(parts);
  const { length } = content;
  const head = length < 0x80
    ? [length]
    : length < 0x100
    ? [0x81, length]
    : [0x82, length >> 8, length & 0xff];
  return join([new Uint8Array([tag, ...head]), content]);
}

/** Text in octets. */
export function octets(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Everything in a row. */
export function join(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

export const sequence = (...parts: Uint8Array[]): Uint8Array => element(0x30, ...parts);
export const set = (...parts: Uint8Array[]): Uint8Array => element(0x31, ...parts);
export const utf8 = (text: string): Uint8Array => element(0x0c, octets(text));
export const printable = (text: string): Uint8Array => element(0x13, octets(text));

/** Types of attributes. */
export const types = { CN: "550403", O: "55040a", OU: "55040b", DC: "0992268993f22c640119" };

/** One attribute of a name. */
export function attribute(type: string, value: Uint8Array): Uint8Array {
  return sequence(element(0x06, Uint8Array.fromHex(type)), value);
}

/** A name of sets of one attribute each, in the order of the certificate. */
export function name(...attributes: Uint8Array[]): Uint8Array {
  return sequence(...attributes.map((each) => set(each)));
}

/** A certificate, as far as anybody looks who has its signature checked elsewhere. */
export function certificate(subject: Uint8Array, ...alternative: Uint8Array[]): Uint8Array {
  return certificateOf(subject, alternative.length > 0 ? [san(...alternative)] : []);
}

/** The extension with alternative names. */
export function san(...names: Uint8Array[]): Uint8Array {
  const oid = element(0x06, Uint8Array.fromHex("551d11"));
  return sequence(oid, element(0x04, sequence(...names)));
}

/** A certificate with these extensions. */
export function certificateOf(subject: Uint8Array, extensions: Uint8Array[]): Uint8Array {
  const nothing = sequence();
  const body = sequence(
    element(0xa0, element(0x02, new Uint8Array([2]))),
    element(0x02, new Uint8Array([1])),
    ...[nothing, name(attribute(types.CN, utf8("authority"))), nothing, subject, nothing],
    ...extensions.length > 0 ? [element(0xa3, sequence(...extensions))] : [],
  );
  return sequence(body, nothing, element(0x03, new Uint8Array([0])));
}
