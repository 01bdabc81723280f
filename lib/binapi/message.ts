import { DecodeError, EncodeError, WireReader, type WireWriter } from "./bytes.ts";
import { type Field, type Fields, struct, type Values } from "./field.ts";

/** What stands between the message id and the fields: `client` has client_index and context. */
export type HeaderKind = "client" | "context";

/** The addressing of one message. `clientIndex` is 0 where the header has none. */
export interface MessageHeader {
  readonly id: number;
  readonly clientIndex: number;
  readonly context: number;
}

/** One message of VPP's API. */
export interface Message<T extends Values = Values> {
  readonly name: string;
  /** Eight hex digits that change with the layout; VPP announces `name_crc`. */
  readonly crc: string;
  readonly header: HeaderKind;
  /** What follows the header. */
  readonly body: Field<T>;
}

/** Declares a message. */
export function message<T extends Values>(
  name: string,
  crc: string,
  header: HeaderKind,
  fields: Fields<T>,
): Message<T> {
  return { name, crc, header, body: struct(fields) };
}

/** The key under which VPP announces the message in its table. */
export function nameCrc(message: Pick<Message, "name" | "crc">): string {
  return `${message.name}_${message.crc}`;
}

/** Appends id, header and fields. EncodeError, naming the field, for what does not fit it. */
export function encodeMessage<T extends Values>(
  to: WireWriter,
  message: Message<T>,
  header: MessageHeader,
  value: T,
): void {
  to.u16(header.id);
  if (message.header === "client") to.u32(header.clientIndex);
  to.u32(header.context);
  try {
    message.body.write(to, value, {});
  } catch (error) {
    if (error instanceof EncodeError) throw new EncodeError(`${message.name}.${error.message}`);
    throw error;
  }
}

/** Reads id and header. */
export function readHeader(from: WireReader, kind: HeaderKind): MessageHeader {
  const id = from.u16();
  const clientIndex = kind === "client" ? from.u32() : 0;
  return { id, clientIndex, context: from.u32() };
}

/** Takes a whole message apart. DecodeError, naming the message, when the bytes do not fit it. */
export function decodeMessage<T extends Values>(
  message: Message<T>,
  bytes: Uint8Array,
): { readonly header: MessageHeader; readonly value: T } {
  const from = new WireReader(bytes);
  try {
    const header = readHeader(from, message.header);
    const value = message.body.read(from, {});
    if (from.left > 0) throw new DecodeError(`${from.left} bytes follow the last field`);
    return { header, value };
  } catch (error) {
    if (error instanceof DecodeError) throw new DecodeError(`${message.name}: ${error.message}`);
    throw error;
  }
}

/** A request and its one reply. */
export interface Call<Q extends Values = Values, P extends Values = Values> {
  readonly kind: "call";
  readonly request: Message<Q>;
  readonly reply: Message<P>;
}

/** A request and the details that come back, any number of them. */
export interface Dump<Q extends Values = Values, P extends Values = Values> {
  readonly kind: "dump";
  readonly request: Message<Q>;
  readonly details: Message<P>;
}

/** What answers a request, once or any number of times. */
export function answerOf(exchange: Call | Dump): Message {
  return exchange.kind === "call" ? exchange.reply : exchange.details;
}

/** Both halves of an exchange. */
export function messagesOf(exchange: Call | Dump): readonly Message[] {
  return [exchange.request, answerOf(exchange)];
}
