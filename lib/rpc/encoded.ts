import type { DescMessage, Message, MessageShape, UnknownField } from "@bufbuild/protobuf";
import { create, toBinary } from "@bufbuild/protobuf";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { encodeEnvelope } from "@connectrpc/connect/protocol";

/** Envelopes of messages that many streams send, by the message itself. */
const envelopes = new WeakMap<Message, Uint8Array>();

/**
 * A message that carries its own bytes: writing it to any number of binary streams encodes
 * nothing again. Its fields cannot be read, so it must not go to a JSON stream.
 */
export function preEncoded<D extends DescMessage>(
  schema: D,
  message: MessageShape<D>,
): { readonly message: MessageShape<D>; readonly bytes: number } {
  const data = toBinary(schema, message);
  const carrier = create(schema) as MessageShape<D> & { $unknown?: UnknownField[] };
  carrier.$unknown = splitFields(data);
  envelopes.set(carrier, encodeEnvelope(0, data));
  return { message: carrier, bytes: data.length };
}

/** The uncompressed gRPC envelope of a message (flag, length, bytes); shared where it is known. */
export function envelopeOf(schema: DescMessage, message: Message): Uint8Array {
  return envelopes.get(message) ?? encodeEnvelope(0, toBinary(schema, message));
}

/**
 * All of a message that has nothing but entries of one repeated field, already encoded, for the
 * `$unknown` fields of a larger message. Undefined when there are no entries.
 */
export function encodedEntries<D extends DescMessage>(
  schema: D,
  message: MessageShape<D>,
): UnknownField | undefined {
  const bytes = toBinary(schema, message);
  if (bytes.length === 0) return undefined;
  const reader = new BinaryReader(bytes);
  const [no, wireType] = reader.tag();
  // Whoever writes the field puts the first tag before it; the others are in the data.
  return { no, wireType, data: bytes.subarray(reader.pos) };
}

/** The top-level fields of an encoded message, each as it stands. */
function splitFields(data: Uint8Array): UnknownField[] {
  const reader = new BinaryReader(data);
  const fields: UnknownField[] = [];
  while (reader.pos < reader.len) {
    const [no, wireType] = reader.tag();
    fields.push({ no, wireType, data: reader.skip(wireType, no) });
  }
  return fields;
}
