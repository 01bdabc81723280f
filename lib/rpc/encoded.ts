import type { DescMessage, Message, MessageShape, UnknownField } from "@bufbuild/protobuf";
import { create, toBinary } from "@bufbuild/protobuf";
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
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

/** A message field, already encoded, for the `$unknown` fields of the message around it. */
export function encodedField(no: number, schema: DescMessage, message: Message): UnknownField {
  const data = new BinaryWriter().bytes(toBinary(schema, message)).finish();
  return { no, wireType: WireType.LengthDelimited, data };
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
