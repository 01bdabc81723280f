import {
  create,
  type DescField,
  type DescMessage,
  isMessage,
  type Message,
  type MessageShape,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { Clock } from "../time/mod.ts";
import { Answer, concatenated } from "./answer.ts";
import { listInSlices, type LongMessage, separated } from "./composed.ts";

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
  return new Answer(await (binary ? octetsOf : textOf)(schema, message, clock));
}

type Encoded = Promise<Uint8Array<ArrayBuffer>>;

/** As protobuf, of which parts one behind the other are one message. */
async function octetsOf(schema: DescMessage, message: Message, clock: Clock): Encoded {
  const { lists, nested, rest } = takenApart(schema, message);
  const parts: Uint8Array[] = [];
  for (const list of lists) parts.push(...await listInSlices({ schema, ...list }, clock, true));
  for (const { field, desc, value } of nested) {
    const writer = new BinaryWriter().tag(field.number, WireType.LengthDelimited);
    parts.push(writer.bytes(await octetsOf(desc, value, clock)).finish());
  }
  return concatenated([...parts, toBinary(schema, rest)]);
}

/** As JSON, the members of which are put together as text. */
async function textOf(schema: DescMessage, message: Message, clock: Clock): Encoded {
  const { lists, nested, rest } = takenApart(schema, message);
  const encoder = new TextEncoder();
  const members: Uint8Array[] = [];
  for (const list of lists) {
    const entries = separated(await listInSlices({ schema, ...list }, clock, false));
    const head = encoder.encode(`"${list.field.jsonName}":[`);
    members.push(concatenated([head, ...entries, encoder.encode("]")]));
  }
  for (const { field, desc, value } of nested) {
    const head = encoder.encode(`"${field.jsonName}":`);
    members.push(concatenated([head, await textOf(desc, value, clock)]));
  }
  const others = toJsonString(schema, rest).slice(1, -1);
  if (others !== "") members.push(encoder.encode(others));
  return concatenated([encoder.encode("{"), ...separated(members), encoder.encode("}")]);
}

interface Apart {
  readonly lists: readonly Omit<LongMessage<DescMessage, unknown>, "schema" | "rest">[];
  readonly nested: readonly {
    readonly field: DescField;
    readonly desc: DescMessage;
    readonly value: Message;
  }[];
  /** The message without them. */
  readonly rest: Message;
}

/** The lists of messages in a message, and the messages in it that have such lists. */
function takenApart(schema: DescMessage, message: Message): Apart {
  const lists: Apart["lists"][number][] = [];
  const nested: Apart["nested"][number][] = [];
  // With its name it would be taken for a message that is whole.
  const init: Record<string, unknown> = { ...message, $typeName: undefined };
  for (const field of schema.fields) {
    const value = init[field.localName];
    if (isListOfMessages(field) && Array.isArray(value)) {
      const fill = (some: readonly unknown[]) => ({ [field.localName]: some });
      if (value.length > 0) lists.push({ field, items: value, fill });
    } else if (field.fieldKind === "message" && isMessage(value) && hasLists(field.message)) {
      nested.push({ field, desc: field.message, value });
    } else continue;
    delete init[field.localName];
  }
  return { lists, nested, rest: create(schema, init) };
}

function hasLists({ fields }: DescMessage): boolean {
  return fields.some(isListOfMessages);
}

function isListOfMessages(field: DescField): boolean {
  return field.fieldKind === "list" && field.listKind === "message";
}
