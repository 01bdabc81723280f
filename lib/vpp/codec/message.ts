import { DecodeError, EncodeError, WireReader, type WireWriter } from "./bytes.ts";
import { type Fields, readFields, type ValueOf, writeFields } from "./field.ts";

/** What stands between the message id and the fields: `client` has client_index and context. */
export type HeaderKind = "client" | "context";

/** The addressing of one message. `clientIndex` is 0 where the header has none. */
export interface MessageHeader {
  readonly id: number;
  readonly clientIndex: number;
  readonly context: number;
}

/** One message of VPP's API: everything this program knows about it. */
export interface Message<F extends Fields = Fields> {
  readonly name: string;
  /** Eight hex digits that change with the layout; VPP announces `name_crc`. */
  readonly crc: string;
  readonly header: HeaderKind;
  readonly fields: F;
  /** Why this value must never be sent, as a sentence; undefined when it may. */
  refuse(value: ValueOf<F>): string | undefined;
  /** Reads the fields after the header. DecodeError when there are too few or too many bytes. */
  read(from: WireReader): ValueOf<F>;
  /** Writes the fields after the header, whatever they would do to VPP. */
  write(to: WireWriter, value: ValueOf<F>): void;
}

/** The value of a declared message: `MessageValue<typeof lbConf>`. */
export type MessageValue<M> = M extends Message<infer F> ? ValueOf<F> : never;

/** Options of a declaration. */
export interface MessageOptions<F extends Fields> {
  readonly header: HeaderKind;
  readonly refuse?: (value: ValueOf<F>) => string | undefined;
}

/** Declares a message; encoder, decoder and types follow from the fields. */
export function message<const F extends Fields>(
  name: string,
  crc: string,
  fields: F,
  options: MessageOptions<F>,
): Message<F> {
  const entries = Object.entries(fields);
  return {
    name,
    crc,
    fields,
    header: options.header,
    refuse: options.refuse ?? (() => undefined),
    read(from) {
      const value = readFields(entries, from) as ValueOf<F>;
      if (from.left > 0) throw new DecodeError(`${from.left} bytes follow the last field`);
      return value;
    },
    write: (to, value) => writeFields(entries, to, value),
  };
}

/** Declares what a client sends. */
export function request<const F extends Fields>(
  name: string,
  crc: string,
  fields: F,
  refuse?: (value: ValueOf<F>) => string | undefined,
): Message<F> {
  return message(name, crc, fields, { header: "client", ...(refuse && { refuse }) });
}

/** Declares what VPP answers. */
export function reply<const F extends Fields>(name: string, crc: string, fields: F): Message<F> {
  return message(name, crc, fields, { header: "context" });
}

/** The key under which VPP announces the message in its table. */
export function nameCrc(message: Pick<Message, "name" | "crc">): string {
  return `${message.name}_${message.crc}`;
}

/** Appends id, header and fields. EncodeError, naming the message, for what must not be sent. */
export function encodeMessage<F extends Fields>(
  to: WireWriter,
  message: Message<F>,
  header: MessageHeader,
  value: ValueOf<F>,
): void {
  const refusal = message.refuse(value);
  if (refusal !== undefined) throw new EncodeError(`${message.name} is not sent: ${refusal}`);
  to.u16(header.id);
  if (message.header === "client") to.u32(header.clientIndex);
  to.u32(header.context);
  try {
    message.write(to, value);
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
export function decodeMessage<F extends Fields>(
  message: Message<F>,
  bytes: Uint8Array,
): { readonly header: MessageHeader; readonly value: ValueOf<F> } {
  const from = new WireReader(bytes);
  try {
    return { header: readHeader(from, message.header), value: message.read(from) };
  } catch (error) {
    if (error instanceof DecodeError) throw new DecodeError(`${message.name}: ${error.message}`);
    throw error;
  }
}

/** A request and its one reply. */
export interface Call<Q extends Fields = Fields, P extends Fields = Fields> {
  readonly kind: "call";
  readonly request: Message<Q>;
  readonly reply: Message<P>;
}

/** A request and the details that come back, any number of them. */
export interface Dump<Q extends Fields = Fields, P extends Fields = Fields> {
  readonly kind: "dump";
  readonly request: Message<Q>;
  readonly details: Message<P>;
}

/** Pairs a request with its reply. */
export function call<Q extends Fields, P extends Fields>(
  request: Message<Q>,
  reply: Message<P>,
): Call<Q, P> {
  return { kind: "call", request, reply };
}

/** Pairs a dump with its details. */
export function dump<Q extends Fields, P extends Fields>(
  request: Message<Q>,
  details: Message<P>,
): Dump<Q, P> {
  return { kind: "dump", request, details };
}
