import { type Field, WireReader, WireWriter } from "../../lib/binapi/mod.ts";

/** The octets that a field makes of a value, in a message with these other fields. */
export function written<T>(field: Field<T>, value: T, all: Record<string, unknown> = {}): number[] {
  const writer = new WireWriter(1);
  field.write(writer, value, all);
  return [...writer.written()];
}

/** What a field reads from these octets. */
export function read<T>(
  field: Field<T>,
  bytes: readonly number[],
  before: Record<string, unknown> = {},
): T {
  return field.read(new WireReader(Uint8Array.from(bytes)), before);
}
