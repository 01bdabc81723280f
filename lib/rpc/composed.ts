import type { DescField, DescMessage, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { create, toBinary, toJsonString } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { Answer, concatenated } from "./answer.ts";
import { type Clock, visitInSlices } from "../time/mod.ts";

/** A message with one long list. */
export interface LongMessage<D extends DescMessage, Item> {
  readonly schema: D;
  /** The list's field, of entries that are messages. */
  readonly field: DescField;
  readonly items: readonly Item[];
  /** The message with these items in its list, and nothing else. */
  readonly fill: (items: readonly Item[]) => MessageInitShape<D>;
  /** The message without its list. */
  readonly rest: MessageShape<D>;
}

/** A message whose list may have ten thousand entries, converted and written in slices. */
export async function writtenInSlices<D extends DescMessage, Item>(
  { schema, field, items, fill, rest }: LongMessage<D, Item>,
  clock: Clock,
  binary: boolean,
): Promise<Answer> {
  const parts = await listInSlices({ schema, field, items, fill }, clock, binary);
  // Messages one behind the other are one message with the lists of both.
  if (binary) return new Answer(concatenated([...parts, toBinary(schema, rest)]));
  return withEntries(schema, field, parts, rest, false);
}

/**
 * The entries of one list, converted and written in slices: as protobuf messages that have some of
 * them each, as JSON the entries themselves with commas between those of a slice.
 */
export async function listInSlices<D extends DescMessage, Item>(
  { schema, field, items, fill }: Omit<LongMessage<D, Item>, "rest">,
  clock: Clock,
  binary: boolean,
): Promise<Uint8Array[]> {
  const parts: Uint8Array[] = [];
  const encoder = new TextEncoder();
  // As JSON each part is {"field":[…]}, of which the entries are wanted.
  const headLength = `{"${field.jsonName}":[`.length;
  await visitInSlices(items, clock, (slice) => {
    const part = create(schema, fill(slice));
    if (binary) parts.push(toBinary(schema, part));
    else parts.push(encoder.encode(toJsonString(schema, part).slice(headLength, -"]}".length)));
  });
  return parts;
}

/** These parts with commas between them, as members and entries of JSON have. */
export function separated(parts: readonly Uint8Array[]): Uint8Array[] {
  const comma = new TextEncoder().encode(",");
  return parts.flatMap((part, i) => i === 0 ? [part] : [comma, part]);
}

/**
 * A message whose list `field` has entries that are written already, each as protobuf or each as
 * JSON; `rest` is the message without them.
 */
export function withEntries<D extends DescMessage>(
  schema: D,
  field: DescField,
  entries: readonly Uint8Array[],
  rest: MessageShape<D>,
  binary: boolean,
): Answer {
  if (binary) {
    const writer = new BinaryWriter();
    for (const entry of entries) writer.tag(field.number, WireType.LengthDelimited).bytes(entry);
    return new Answer(writer.raw(toBinary(schema, rest)).finish());
  }
  const encoder = new TextEncoder();
  const text = toJsonString(schema, rest);
  if (entries.length === 0) return new Answer(encoder.encode(text));
  const head = encoder.encode(`{"${field.jsonName}":[`);
  const tail = encoder.encode(text === "{}" ? "]}" : `],${text.slice(1)}`);
  return new Answer(concatenated([head, ...separated(entries), tail]));
}
