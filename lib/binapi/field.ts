import { DecodeError, EncodeError, type WireReader, type WireWriter } from "./bytes.ts";

/** The fields of a message or structure by VPP's names. */
export type Values = Readonly<Record<string, unknown>>;

/** How one value lies on the wire. */
export interface Field<T> {
  /** `before` holds the fields that precede this one, for those that count others. */
  read(from: WireReader, before: Values): T;
  write(to: WireWriter, value: T, all: Values): void;
}

/** How the fields of a structure lie on the wire, in that order. */
export type Fields<T> = { readonly [K in keyof T]: Field<T[K]> };

function integer(method: "u8" | "u16" | "u32", max: number): Field<number> {
  return {
    read: (from) => from[method](),
    write(to, value) {
      if (!Number.isInteger(value) || value < 0 || value > max) {
        throw new EncodeError(`${value} does not fit a ${method}`);
      }
      to[method](value);
    },
  };
}

/** Unsigned, in so many bits; others than whole numbers in that range are refused. */
export const u8: Field<number> = integer("u8", 0xff);
/** See {@link u8}. */
export const u16: Field<number> = integer("u16", 0xffff);
/** See {@link u8}. */
export const u32: Field<number> = integer("u32", 0xffffffff);

/** Signed, such as a return value. */
export const i32: Field<number> = {
  read: (from) => from.i32(),
  write: (to, value) => to.i32(value),
};

/** A byte; VPP takes whatever is not 0 for true. */
export const bool: Field<boolean> = {
  read: (from) => from.u8() !== 0,
  write: (to, value) => to.u8(value ? 1 : 0),
};

const utf8 = new TextEncoder();
const fromUtf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** `length` bytes, padded with NULs. */
export function fixedString(length: number): Field<string> {
  return {
    read(from) {
      const bytes = from.raw(length);
      const end = bytes.indexOf(0);
      return fromUtf8.decode(end < 0 ? bytes : bytes.subarray(0, end));
    },
    write(to, value) {
      const bytes = utf8.encode(value);
      if (bytes.length >= length) {
        throw new EncodeError(`"${value}" is longer than the ${length - 1} bytes VPP has for it`);
      }
      to.raw(bytes);
      to.zeros(length - bytes.length);
    },
  };
}

/** A u32 length and as many bytes. Not NUL-terminated: VPP refuses a command that is. */
export const variableString: Field<string> = {
  read: (from) => fromUtf8.decode(from.raw(from.u32())),
  write(to, value) {
    const bytes = utf8.encode(value);
    to.u32(bytes.length);
    to.raw(bytes);
  },
};

/** As many as the preceding field `count` says. */
export function counted<T>(item: Field<T>, count: string): Field<readonly T[]> {
  return {
    read(from, before) {
      const length = Number(before[count]);
      // An item takes a byte at least, so a count that lies is found out before memory is spent.
      if (length > from.left) throw new DecodeError(`${count} says ${length}, more than there is`);
      return Array.from({ length }, () => item.read(from, {}));
    },
    write(to, value, all) {
      if (all[count] !== value.length) {
        throw new EncodeError(`${count} is ${all[count]} for ${value.length} items`);
      }
      for (const one of value) item.write(to, one, {});
    },
  };
}

/** Always `length` of them. */
export function repeated<T>(item: Field<T>, length: number): Field<readonly T[]> {
  return {
    read: (from) => Array.from({ length }, () => item.read(from, {})),
    write(to, value) {
      if (value.length !== length) {
        throw new EncodeError(`${value.length} items instead of ${length}`);
      }
      for (const one of value) item.write(to, one, {});
    },
  };
}

/** Fields one after the other. */
export function struct<T extends Values>(fields: Fields<T>): Field<T> {
  const entries = Object.entries<Field<unknown>>(fields);
  return {
    read(from) {
      const value: Record<string, unknown> = {};
      for (const [name, field] of entries) value[name] = field.read(from, value);
      return value as T;
    },
    write(to, value) {
      for (const [name, field] of entries) {
        try {
          field.write(to, value[name], value);
        } catch (error) {
          if (error instanceof EncodeError) throw new EncodeError(`${name}: ${error.message}`);
          throw error;
        }
      }
    },
  };
}
