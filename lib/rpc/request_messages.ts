import { fromBinary, fromJson } from "@bufbuild/protobuf";
import type { DescField, DescMessage, JsonValue, Message } from "@bufbuild/protobuf";
import { base64Decode } from "@bufbuild/protobuf/wire";
import { Code, ConnectError } from "@connectrpc/connect";
import { compressedFlag } from "@connectrpc/connect/protocol";
import { Suggester } from "../config/mod.ts";
import { BadRequest } from "../h1/mod.ts";
import type { H2Request } from "../h2/mod.ts";
import { reasonOf } from "../log/mod.ts";
import { shortened } from "../port/mod.ts";
import { type Clock, yieldIfDue } from "../time/mod.ts";
import type { CallHead } from "./call_head.ts";
import {
  envelopeHeaderBytes,
  envelopes,
  type IntakeMeter,
  lastEnvelope,
  tooLarge,
  whole,
} from "./intake.ts";
import { fitting, invalid } from "./errors.ts";
import { type MessageLimits, quickBytes, requestOptions } from "./limits.ts";
import { type Rpc, takesMany } from "./rpc.ts";

/** How messages are read. */
export interface ReadOptions extends Pick<MessageLimits, "readMaxBytes"> {
  readonly clock: Clock;
  /** Counts what is held of them. */
  readonly meter: IntakeMeter;
}

/** The only message of a request. Throws what is wrong with it. */
export async function onlyMessage(
  rpc: Rpc,
  head: CallHead,
  request: H2Request,
  options: ReadOptions,
): Promise<Message> {
  let only: Message | undefined;
  for await (const message of requestMessages(rpc, head, request, options)) {
    if (only) throw notOne("more than one message");
    only = message;
  }
  if (!only) throw notOne("no message");
  return only;
}

function notOne(what: string): ConnectError {
  return new ConnectError(`${what} for a method that takes one`, Code.Unimplemented);
}

/** The messages of a request. Those that take long to read wait for a turn if this one is over. */
export async function* requestMessages(
  rpc: Rpc,
  head: CallHead,
  { body }: H2Request,
  options: ReadOptions,
): AsyncIterable<Message> {
  const { input } = rpc.method;
  const { clock, meter, readMaxBytes: maxBytes } = options;
  if (head.query) {
    yield decoded(input, await plain(queryMessage(head.query), true, head, maxBytes), head);
    return;
  }
  const isFramed = head.protocol !== "connect";
  const gather = !isFramed ? whole : takesMany(rpc) ? envelopes : lastEnvelope;
  for await (const piece of gather(complete(body), { maxBytes, meter })) {
    if (piece.length > quickBytes) await yieldIfDue(clock);
    if (isFramed && !isComplete(piece)) throw invalid("protocol error: incomplete envelope");
    const flags = isFramed ? piece[0] ?? 0 : compressedFlag;
    if ((flags & head.form.endFlag) !== 0) continue;
    const octets = isFramed ? piece.subarray(envelopeHeaderBytes) : piece;
    yield decoded(input, await plain(octets, (flags & compressedFlag) !== 0, head, maxBytes), head);
  }
}

/** A body that HTTP/1.1 could not make sense of is the client's fault, which has a status. */
async function* complete(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw error instanceof BadRequest ? invalid(error.message) : error;
  }
}

function isComplete({ buffer, byteOffset, length }: Uint8Array): boolean {
  return length >= envelopeHeaderBytes &&
    new DataView(buffer, byteOffset).getUint32(1) === length - envelopeHeaderBytes;
}

/** A message as it was before it was compressed, if it was. */
async function plain(
  octets: Uint8Array,
  isCompressed: boolean,
  { compression, protocol }: CallHead,
  maxBytes: number,
): Promise<Uint8Array> {
  if (isCompressed && compression) {
    return await compression.decompress(new Uint8Array(octets), maxBytes);
  }
  if (isCompressed && protocol !== "connect") {
    throw new ConnectError("the message is compressed, but no encoding is named", Code.Internal);
  }
  if (octets.length > maxBytes) throw tooLarge(octets.length, maxBytes);
  return octets;
}

function decoded(schema: DescMessage, octets: Uint8Array, { binary }: CallHead): Message {
  if (!binary) return requestFromJson(schema, octets);
  try {
    return fromBinary(schema, octets, requestOptions);
  } catch (error) {
    throw new ConnectError(`cannot decode ${schema.typeName}: ${reasonOf(error)}`, Code.Internal);
  }
}

/** The message of a GET. */
function queryMessage(query: URLSearchParams): Uint8Array {
  const text = query.get("message") ?? "";
  if (query.get("base64") !== "1") return new TextEncoder().encode(text);
  try {
    return base64Decode(text);
  } catch (error) {
    throw invalid(reasonOf(error));
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * A request in JSON. Binary clients may be newer than this server, so that what they say in addition
 * is skipped; JSON is typed by people, where an unknown name is a mistake, and `{"wieght": 50}` would
 * drain a server if it was taken for a weight that is not given. Throws InvalidArgument.
 */
export function requestFromJson(schema: DescMessage, octets: Uint8Array): Message {
  try {
    const value: JsonValue = JSON.parse(utf8.decode(octets));
    checkFields(schema, value, "");
    return fromJson(schema, value);
  } catch (error) {
    throw fitting(toInvalid(schema, error));
  }
}

function toInvalid(schema: DescMessage, error: unknown): ConnectError {
  if (error instanceof ConnectError) return error;
  return invalid(`cannot read ${schema.typeName} from JSON: ${shortened(reasonOf(error))}`);
}

/** Refuses fields that there are not. What is wrong with values, others tell. */
function checkFields(schema: DescMessage, value: JsonValue | undefined, at: string): void {
  if (!isObject(value)) return;
  for (const [name, inner] of Object.entries(value)) {
    const field = schema.fields.find((each) => each.jsonName === name || each.name === name);
    if (!field) throw unknownField(schema, name, at);
    checkInner(field, inner, `${at}${name}.`);
  }
}

function checkInner(field: DescField, value: JsonValue | undefined, at: string): void {
  const { message } = field;
  if (!message) return;
  const messages = Array.isArray(value) ? value : [value];
  for (const each of messages) checkFields(message, each, at);
}

function isObject(value: JsonValue | undefined): value is { [name: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unknownField(schema: DescMessage, name: string, at: string): ConnectError {
  const hint = new Suggester().hint(name, schema.fields.map(({ jsonName }) => jsonName));
  return invalid(`unknown field ${JSON.stringify(shortened(at + name))}${hint}`);
}
