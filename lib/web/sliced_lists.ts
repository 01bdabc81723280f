import { type DescField, type DescMessage, fromBinary, ScalarType } from "@bufbuild/protobuf";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { type Clock, mappedInSlices } from "../time/mod.ts";

/**
 * The same transport, but for the lists of messages in answers, which are read in slices: to read
 * ten thousand backends at once holds the event loop for 0.1 s.
 */
export function withSlicedLists(transport: Transport, clock: Clock): Transport {
  return {
    stream: transport.stream,
    async unary(method, ...call) {
      const { output } = method;
      const lists = output.fields.filter(isListOfMessages);
      if (lists.length === 0) return await transport.unary(method, ...call);
      const answer = await transport.unary({ ...method, output: unread(output) }, ...call);
      const message: Record<string, unknown> = answer.message;
      for (const { localName, message: entry } of lists) {
        const entries = message[localName] as readonly Uint8Array[];
        message[localName] = await mappedInSlices(
          entries,
          clock,
          (some) => some.map((octets) => read(entry, octets)),
        );
      }
      return { ...answer, method };
    },
  };
}

type ListOfMessages = Extract<DescField, { readonly listKind: "message" }>;

function isListOfMessages(field: DescField): field is ListOfMessages {
  return field.fieldKind === "list" && field.listKind === "message";
}

/** The same message with its lists of messages as octets: on the wire they are the same. */
function unread<D extends DescMessage>(desc: D): D {
  const fields = desc.fields.map((field): DescField => {
    if (!isListOfMessages(field)) return field;
    const { BYTES: scalar } = ScalarType;
    return { ...field, listKind: "scalar", scalar, message: undefined, longAsString: false };
  });
  return { ...desc, fields, members: fields };
}

/** Throws ConnectError for what is no such message, as a transport does. */
function read(desc: DescMessage, octets: Uint8Array): unknown {
  try {
    return fromBinary(desc, octets);
  } catch (error) {
    throw ConnectError.from(error, Code.Internal);
  }
}
