import { DecodeError, EncodeError, type WireReader, type WireWriter } from "./bytes.ts";

/**
 * How one value lies on the wire. `api` is the way VPP's `*.api.json` spells it: the type, then
 * what follows the field's name there (a length, a field that counts).
 */
export interface Field<T> {
  readonly api: readonly (string | number)[];
  /** Named structures and enums are compared with VPP's definition of them. */
  readonly definition?: Definition;
  /** `before` holds the fields that precede this one, for those that count others. */
  read(from: WireReader, before: Readonly<Record<string, unknown>>): T;
  write(to: WireWriter, value: T, all: Readonly<Record<string, unknown>>): void;
}

/** What `*.api.json` says about a named type. */
export type Definition =
  | { readonly kind: "struct"; readonly name: string; readonly fields: Fields }
  | {
    readonly kind: "enum";
    readonly name: string;
    readonly base: "u8" | "u32";
    readonly values: Readonly<Record<string, number>>;
  }
  | { readonly kind: "alias"; readonly name: string; readonly of: string };

/** Fields in the order in which they lie on the wire. */
export type Fields = Readonly<Record<string, Field<unknown>>>;

/** The TypeScript value that has these fields. */
export type ValueOf<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never;
};

function integer(api: string, max: number, method: "u8" | "u16" | "u32"): Field<number> {
  return {
    api: [api],
    read: (from) => from[method](),
    write(to, value) {
      if (!Number.isInteger(value) || value < 0 || value > max) {
        throw new EncodeError(`${value} does not fit a ${api}`);
      }
      to[method](value);
    },
  };
}

export const u8: Field<number> = integer("u8", 0xff, "u8");
export const u16: Field<number> = integer("u16", 0xffff, "u16");
export const u32: Field<number> = integer("u32", 0xffffffff, "u32");

export const i32: Field<number> = {
  api: ["i32"],
  read: (from) => from.i32(),
  write: (to, value) => to.i32(value),
};

/** A byte; VPP takes whatever is not 0 for true. */
export const bool: Field<boolean> = {
  api: ["bool"],
  read: (from) => from.u8() !== 0,
  write: (to, value) => to.u8(value ? 1 : 0),
};

const utf8 = new TextEncoder();
const fromUtf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** `length` bytes, padded with NULs. */
export function fixedString(length: number): Field<string> {
  return {
    api: ["string", length],
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
  api: ["string", 0],
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
    api: [...item.api, 0, count],
    ...(item.definition && { definition: item.definition }),
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
    api: [...item.api, length],
    ...(item.definition && { definition: item.definition }),
    read: (from) => Array.from({ length }, () => item.read(from, {})),
    write(to, value) {
      if (value.length !== length) {
        throw new EncodeError(`${value.length} items instead of ${length}`);
      }
      for (const one of value) item.write(to, one, {});
    },
  };
}

/** Fields one after the other, under VPP's name for the structure. */
export function struct<const F extends Fields>(name: string, fields: F): Field<ValueOf<F>> {
  const entries = Object.entries(fields);
  return {
    api: [`vl_api_${name}_t`],
    definition: { kind: "struct", name, fields },
    read: (from) => readFields(entries, from) as ValueOf<F>,
    write: (to, value) => writeFields(entries, to, value),
  };
}

/** Another name for the same bytes. */
export function alias<T>(name: string, of: Field<T>): Field<T> {
  const target = String(of.api[0]);
  return { ...of, api: [`vl_api_${name}_t`], definition: { kind: "alias", name, of: target } };
}

/** A number that VPP gives names to; unknown numbers are read as they are. */
export function enumeration<const V extends Readonly<Record<string, number>>>(
  name: string,
  base: "u8" | "u32",
  values: V,
): Field<number> & { readonly values: V } {
  const field = base === "u8" ? u8 : u32;
  return {
    ...field,
    api: [`vl_api_${name}_t`],
    definition: { kind: "enum", name, base, values },
    values,
  };
}

/** Reads fields in order into one object. */
export function readFields(
  entries: readonly [string, Field<unknown>][],
  from: WireReader,
): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  for (const [name, field] of entries) value[name] = field.read(from, value);
  return value;
}

/** Writes the fields of `value` in order; an error says which field it was. */
export function writeFields(
  entries: readonly [string, Field<unknown>][],
  to: WireWriter,
  value: Readonly<Record<string, unknown>>,
): void {
  for (const [name, field] of entries) {
    try {
      field.write(to, value[name], value);
    } catch (error) {
      if (error instanceof EncodeError) throw new EncodeError(`${name}: ${error.message}`);
      throw error;
    }
  }
}
