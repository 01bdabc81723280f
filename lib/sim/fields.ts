/** VPP's field types as they lie on the wire: big-endian, unaligned (src/vlibapi). */

/** Reads fields one after the other; running past the end throws {@link Truncated}. */
export class Reader {
  readonly #view: DataView;
  #at: number;

  /** Starts `at` bytes into the message. */
  constructor(readonly bytes: Uint8Array, at = 0) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = at;
  }

  /** Whether nothing is left. */
  get done(): boolean {
    return this.#at >= this.bytes.length;
  }

  /** The next `length` bytes as a number. */
  number(length: 1 | 2 | 4): number {
    const at = this.#advance(length);
    if (length === 1) return this.#view.getUint8(at);
    return length === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at);
  }

  /** A copy of the next `length` bytes. */
  take(length: number): Uint8Array {
    const at = this.#advance(length);
    return this.bytes.slice(at, at + length);
  }

  #advance(length: number): number {
    const at = this.#at;
    if (at + length > this.bytes.length) throw new Truncated();
    this.#at = at + length;
    return at;
  }
}

/** The message is shorter than its fields. VPP drops such a message without a reply. */
export class Truncated extends Error {
  override readonly name = "Truncated";
}

/** Collects fields into messages. */
export class Writer {
  #bytes = new Uint8Array(4096);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** Appends `value` in `length` bytes, cutting off what does not fit as C does. */
  number(value: number, length: 1 | 2 | 4): void {
    const at = this.#room(length);
    if (length === 1) this.#view.setUint8(at, value);
    else if (length === 2) this.#view.setUint16(at, value);
    else this.#view.setUint32(at, value);
  }

  /** Appends these bytes. */
  append(bytes: Uint8Array): void {
    const at = this.#room(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** All that was written since the last call. */
  finish(): Uint8Array {
    const message = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return message;
  }

  #room(length: number): number {
    const at = this.#length;
    this.#length += length;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
}

/** How one field is read and written. */
export interface Field<T> {
  /** What is all zeros on the wire; empty for lists and texts. */
  readonly zero: T;
  read(reader: Reader): T;
  write(writer: Writer, value: T): void;
}

/** vl_api_address_t: family 0 is IPv4 in the first four bytes, 1 is IPv6. */
export interface WireAddress {
  readonly family: number;
  readonly bytes: Uint8Array;
}

/** vl_api_prefix_t. */
export interface WirePrefix {
  readonly address: WireAddress;
  readonly length: number;
}

const unsigned = (length: 1 | 2 | 4): Field<number> => ({
  zero: 0,
  read: (reader) => reader.number(length),
  write: (writer, value) => writer.number(value, length),
});

/** Unsigned numbers, by their bits. */
export const u8: Field<number> = unsigned(1);
/** See {@link u8}. */
export const u16: Field<number> = unsigned(2);
/** See {@link u8}. */
export const u32: Field<number> = unsigned(4);

/** Signed, such as a return value. */
export const i32: Field<number> = {
  zero: 0,
  read: (reader) => reader.number(4) | 0,
  write: (writer, value) => writer.number(value, 4),
};

/** One byte, anything but 0 is true. */
export const bool: Field<boolean> = {
  zero: false,
  read: (reader) => reader.number(1) !== 0,
  write: (writer, value) => writer.number(value ? 1 : 0, 1),
};

/** `length` raw bytes. */
export function raw(length: number): Field<Uint8Array> {
  return {
    zero: new Uint8Array(length),
    read: (reader) => reader.take(length),
    write: (writer, value) => writer.append(value),
  };
}

const utf8 = { encode: new TextEncoder(), decode: new TextDecoder() };

/** `string name[64]`: padded with NULs. */
export function paddedText(length: number): Field<string> {
  return {
    zero: "",
    read: (reader) => utf8.decode.decode(reader.take(length)).replace(/\0.*$/s, ""),
    write(writer, value) {
      const padded = new Uint8Array(length);
      utf8.encode.encodeInto(value, padded.subarray(0, length - 1));
      writer.append(padded);
    },
  };
}

/** `string cmd[]`: a u32 length and that many bytes, without a NUL. */
export const text: Field<string> = {
  zero: "",
  read: (reader) => utf8.decode.decode(reader.take(reader.number(4))),
  write(writer, value) {
    const bytes = utf8.encode.encode(value);
    writer.number(bytes.length, 4);
    writer.append(bytes);
  },
};

/** vl_api_address_t. */
export const address: Field<WireAddress> = {
  zero: { family: 0, bytes: new Uint8Array(16) },
  read: (reader) => ({ family: reader.number(1), bytes: reader.take(16) }),
  write(writer, value) {
    writer.number(value.family, 1);
    writer.append(value.bytes);
  },
};

/** vl_api_prefix_t. */
export const prefix: Field<WirePrefix> = {
  zero: { address: address.zero, length: 0 },
  read: (reader) => ({ address: address.read(reader), length: reader.number(1) }),
  write(writer, value) {
    address.write(writer, value.address);
    writer.number(value.length, 1);
  },
};

/** A u8, u16 or u32 count, then so many items. */
export function list<T>(count: Field<number>, item: Field<T>): Field<readonly T[]> {
  return {
    zero: [],
    read: (reader) => Array.from({ length: count.read(reader) }, () => item.read(reader)),
    write(writer, values) {
      count.write(writer, values.length);
      for (const value of values) item.write(writer, value);
    },
  };
}

/** Items up to the end of the message. */
export function many<T>(item: Field<T>): Field<readonly T[]> {
  return {
    zero: [],
    read(reader) {
      const values: T[] = [];
      while (!reader.done) values.push(item.read(reader));
      return values;
    },
    write(writer, values) {
      for (const value of values) item.write(writer, value);
    },
  };
}

/** Fields one after the other. */
export function struct<S extends Shape>(shape: S): Field<Values<S>> {
  const fields = Object.entries(shape);
  return {
    zero: Object.fromEntries(fields.map(([name, field]) => [name, field.zero])) as Values<S>,
    read: (reader) =>
      Object.fromEntries(fields.map(([name, field]) => [name, field.read(reader)])) as Values<S>,
    write(writer, values) {
      for (const [name, field] of fields) field.write(writer, values[name]);
    },
  };
}

/** Named fields in wire order. A field is invariant in its type, so only `any` admits them all. */
// deno-lint-ignore no-explicit-any
export type Shape = Readonly<Record<string, Field<any>>>;

/** The values of a {@link Shape}. */
export type Values<S extends Shape> = { readonly [K in keyof S]: FieldValue<S[K]> };

type FieldValue<F> = F extends Field<infer T> ? T : never;
