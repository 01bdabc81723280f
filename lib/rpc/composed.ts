import type { DescField, DescMessage, MessageShape } from "@bufbuild/protobuf";
import { toBinary, toJsonString } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { Answer } from "./answer.ts";
import { concatenated } from "./concatenated.ts";

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
  const comma = encoder.encode(",");
  const list = entries.flatMap((entry, i) => i === 0 ? [entry] : [comma, entry]);
  const head = encoder.encode(`{"${field.jsonName}":[`);
  const tail = encoder.encode(text === "{}" ? "]}" : `],${text.slice(1)}`);
  return new Answer(concatenated([head, ...list, tail]));
}
