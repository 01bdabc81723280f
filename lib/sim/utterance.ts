import { Writer } from "./fields.ts";
import type { MessageTable } from "./message_table.ts";
import { type Message, messages } from "./messages.ts";

/** A message that VPP sends whether it was asked for or not. */
export interface Utterance {
  /** A name of the table without its CRC, or an id that need not be in it. */
  readonly message: string | number;
  /** That of the request, or 0 when there is none. */
  readonly context?: number;
  /** Fields that are not 0, of a message that the simulated VPP knows. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** What follows the context, in place of fields. */
  readonly body?: Uint8Array;
}

/** The message's bytes. Throws for a name that the table lacks. */
export function encodeUtterance(
  { message, context, fields, body }: Utterance,
  table: MessageTable,
  asked = 0,
): Uint8Array {
  const writer = new Writer();
  const id = typeof message === "number" ? message : table.idOf(message);
  if (id === undefined) throw new Error(`this VPP has no message ${message}`);
  writer.number(id, 2);
  writer.number(context ?? asked, 4);
  if (body) writer.append(body);
  else {
    const codec = Object.values<Message>(messages).find(({ name }) => name === message)?.codec;
    codec?.write(writer, { ...codec.zero, ...fields });
  }
  return writer.finish();
}
