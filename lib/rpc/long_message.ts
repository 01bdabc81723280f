import {
  create,
  type DescField,
  type DescMessage,
  isMessage,
  type Message,
  type MessageInitShape,
  type MessageShape,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { concatenated } from "../h2/mod.ts";
import { type Clock, mappedInSlices } from "../time/mod.ts";
import { Answer } from "./answer.ts";

/**
 * The answer that a message is, of which the entries of its lists, and of the lists in messages in
 * it, are written in slices: thousands of them would hold the event loop for tens of milliseconds.
 */
export async function messageInSlices<D extends DescMessage>(
  schema: D,
  message: MessageShape<D>,
  clock: Clock,
  binary: boolean,
): Promise<Answer> {
  return new Answer(await octetsInSlices(schema, message, clock, binary));
}

async function octetsInSlices(
  schema: DescMessage,
  message: Message,
  clock: Clock,
  binary: boolean,
): Promise<Uint8Array<ArrayBuffer>> {
  const members: Member[] = [];
  // With its name it would be taken for a message that is whole.
  const rest: Record<string, unknown> = { ...message, $typeName: undefined };
  for (const field of schema.fields) {
    const value = rest[field.localName];
    let parts: readonly Uint8Array[];
    if (field.fieldKind === "list" && Array.isArray(value)) {
      parts = await mappedInSlices(
        value,
        clock,
        (some) => [listPart(schema, field, { [field.localName]: some }, binary)],
      );
    } else if (field.fieldKind === "message" && isMessage(value) && hasLists(field.message)) {
      const octets = await octetsInSlices(field.message, value, clock, binary);
      parts = [messagePart(field, octets, binary)];
    } else continue;
    members.push({ field, parts });
    delete rest[field.localName];
  }
  return composed(schema, members, create(schema, rest), binary);
}

function hasLists({ fields }: DescMessage): boolean {
  return fields.some(({ fieldKind }) => fieldKind === "list");
}

/** A member of a message that is written already; without parts it has none. */
export interface Member {
  readonly field: DescField;
  /** As protobuf, messages with some of it each; as JSON its value, of a list some entries each. */
  readonly parts: readonly Uint8Array[];
}

/** Some entries of a list, as a member has them; `init` is a message with them and nothing else. */
export function listPart<D extends DescMessage>(
  schema: D,
  { jsonName }: DescField,
  init: MessageInitShape<D>,
  binary: boolean,
): Uint8Array {
  const message = create(schema, init);
  if (binary) return toBinary(schema, message);
  // {"field":[…]}, of which the entries are wanted.
  return utf8(toJsonString(schema, message).slice(`{"${jsonName}":[`.length, -"]}".length));
}

/** A message in a message, or an entry of a list of them, as a member has it. */
export function messagePart(
  { number }: DescField,
  octets: Uint8Array,
  binary: boolean,
): Uint8Array {
  if (!binary) return octets;
  return new BinaryWriter().tag(number, WireType.LengthDelimited).bytes(octets).finish();
}

/** A message of which some members are written already; `rest` is all else of it. */
export function composed(
  schema: DescMessage,
  members: readonly Member[],
  rest: Message,
  binary: boolean,
): Uint8Array<ArrayBuffer> {
  const written = members.filter(({ parts }) => parts.length > 0);
  if (binary) {
    // Messages one behind the other are one message with all that they have.
    return concatenated([...written.flatMap(({ parts }) => parts), toBinary(schema, rest)]);
  }
  const texts = written.map(({ field: { jsonName, fieldKind }, parts }) => {
    const isList = fieldKind === "list";
    const value = separated(parts.map((part) => [part]));
    return [utf8(`"${jsonName}":${isList ? "[" : ""}`), ...value, utf8(isList ? "]" : "")];
  });
  const others = toJsonString(schema, rest).slice(1, -1);
  if (others !== "") texts.push([utf8(others)]);
  return concatenated([utf8("{"), ...separated(texts), utf8("}")]);
}

/** With commas between them, as members and entries of JSON have. */
function separated(texts: readonly (readonly Uint8Array[])[]): readonly Uint8Array[] {
  const comma = utf8(",");
  return texts.flatMap((text, i) => i === 0 ? text : [comma, ...text]);
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
