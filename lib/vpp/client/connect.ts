import { encodeMessage, type Message, messagesOf, nameCrc, WireWriter } from "../../binapi/mod.ts";
import {
  allMessages,
  type MessageTableEntry,
  neededExchanges,
  sockclntCreate,
} from "../../gen/vpp.ts";
import { reasonOf } from "../../log/mod.ts";
import { ApiClient, type ClientContext } from "./client.ts";
import { ConnectionError, IncompatibleError, RetvalError, TimeoutError } from "./errors.ts";
import {
  appendFrame,
  closeOnce,
  decodeFrame,
  FrameBuffer,
  receive,
  send,
  type Transport,
} from "./transport.ts";

/** How this program calls itself in `show api clients`. */
export const clientName = "vpp-maglev";

/** Reaches VPP's API at `path`. Rejects with why it could not, or the signal's reason. */
export type Connect = (path: string, signal?: AbortSignal) => Promise<Transport>;

/**
 * Connects to VPP's API socket at `path`, shakes hands, and checks that every message needed is
 * there. Rejects with ConnectionError, TimeoutError, IncompatibleError or the signal's reason.
 */
export async function connectApi(
  path: string,
  context: ClientContext,
  signal: AbortSignal = new AbortController().signal,
  connect: Connect = connectUnix,
): Promise<ApiClient> {
  signal.throwIfAborted();
  const { promise: cut, reject: cutWith } = Promise.withResolvers<never>();
  const abort = () => cutWith(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  const timer = context.clock.after(
    context.deadlineMs,
    () => cutWith(new TimeoutError(sockclntCreate.request.name, context.deadlineMs)),
  );
  const opening = open(path, signal, connect);
  try {
    return await greet(await Promise.race([opening, cut]), cut, context);
  } catch (error) {
    // One that comes after all is of no use any more.
    opening.then(closeOnce, () => {});
    throw error;
  } finally {
    timer.cancel();
    signal.removeEventListener("abort", abort);
  }
}

/** A Unix stream socket: what VPP listens on. */
const connectUnix: Connect = (path) => Deno.connect({ transport: "unix", path });

async function open(path: string, signal: AbortSignal, connect: Connect): Promise<Transport> {
  try {
    return await connect(path, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw new ConnectionError(`cannot connect to VPP at ${path}: ${reasonOf(error)}`);
  }
}

/** Shakes hands until `cut` rejects, and leaves nothing of the handshake running. */
async function greet(
  transport: Transport,
  cut: Promise<never>,
  context: ClientContext,
): Promise<ApiClient> {
  const shaking = shakeHands(transport, context);
  try {
    return await Promise.race([shaking, cut]);
  } catch (error) {
    closeOnce(transport);
    await Promise.allSettled([shaking]);
    throw error;
  }
}

async function shakeHands(transport: Transport, context: ClientContext): Promise<ApiClient> {
  const frames = new FrameBuffer();
  context.observer?.apiMessage(sockclntCreate.request.name, "send", "success");
  context.log.debug("vpp-api-send", { message: sockclntCreate.request.name, name: clientName });
  await writeAll(transport, greeting());
  const { header, value } = decodeFrame(
    sockclntCreate.reply,
    await firstFrame(transport, frames),
  );
  if (header.id !== sockclntCreateReplyId) {
    throw new ConnectionError(`VPP answered the handshake with message ${header.id}`);
  }
  const ok = value.response === 0;
  context.observer?.apiMessage(sockclntCreate.reply.name, "recv", ok ? "success" : "failure");
  context.log.debug("vpp-api-recv", {
    message: sockclntCreate.reply.name,
    response: value.response,
    index: value.index,
    count: value.count,
  });
  if (!ok) throw new RetvalError(sockclntCreate.request.name, value.response);
  checkTable(value.message_table);
  return new ApiClient(
    transport,
    frames,
    messageTable(value.message_table),
    value.index,
    context,
  );
}

function greeting(): Uint8Array {
  const writer = new WireWriter();
  const header = { id: sockclntCreateId, clientIndex: 0, context: 1 };
  appendFrame(
    writer,
    (to) => encodeMessage(to, sockclntCreate.request, header, { name: clientName }),
  );
  return writer.written();
}

async function writeAll(transport: Transport, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await send(transport, bytes.subarray(at));
}

async function firstFrame(transport: Transport, frames: FrameBuffer): Promise<Uint8Array> {
  for (;;) {
    const isThereMore = await receive(transport, frames);
    if (!isThereMore) throw new ConnectionError("VPP closed the connection in the handshake");
    const frame = frames.next();
    if (frame) return frame;
  }
}

/** The ids that one VPP gives to messages, and back. */
export interface MessageTable {
  /** The ids to send declared messages under; those that VPP lacks are missing. */
  readonly ids: ReadonlyMap<Message, number>;
  /** The declared message that came under an id. */
  readonly messages: ReadonlyMap<number, Message>;
  /** Whatever VPP calls an id, `name_crc`, declared here or not. */
  readonly names: ReadonlyMap<number, string>;
}

/** The id of the first message, the only one that does not come from VPP's table. */
export const sockclntCreateId = 15;

/** The id of its reply, the only one that has a client_index (docs/vpp.md, "The API socket"). */
export const sockclntCreateReplyId = 16;

/** The table in the reply to the handshake. */
export function messageTable(entries: readonly MessageTableEntry[]): MessageTable {
  const declared = new Map(allMessages.map((message) => [nameCrc(message), message]));
  const ids = new Map<Message, number>();
  const messages = new Map<number, Message>();
  for (const { index, name } of entries) {
    const message = declared.get(name);
    if (!message) continue;
    ids.set(message, index);
    messages.set(index, message);
  }
  return { ids, messages, names: new Map(entries.map(({ index, name }) => [index, name])) };
}

/** Requests that came with weights: VPP's lb plugin has them from 26.10 on. */
const weightRequests = new Set([
  "lb_add_del_as_v2",
  "lb_as_set_weight",
  "lb_as_v2_dump",
  "lb_conf_get",
]);

/**
 * Throws {@link IncompatibleError}, naming each message, when VPP lacks one that is needed or has
 * it with another CRC, which means another layout.
 */
export function checkTable(entries: readonly MessageTableEntry[]): void {
  const announced = new Map(entries.map(({ name }) => [nameWithoutCrc(name), name]));
  const lacking: string[] = [];
  const changed: string[] = [];
  for (const exchange of neededExchanges) {
    if (!announced.has(exchange.request.name)) {
      lacking.push(exchange.request.name);
      continue;
    }
    for (const message of messagesOf(exchange)) {
      const theirs = announced.get(message.name);
      if (theirs === undefined) lacking.push(message.name);
      else if (theirs !== nameCrc(message)) changed.push(changedSentence(message, theirs));
    }
  }
  const faults = lacking.length > 0 ? [lackingSentence(lacking), ...changed] : changed;
  if (faults.length > 0) throw new IncompatibleError(faults.join("; "));
}

function lackingSentence(names: readonly string[]): string {
  const lacks = `this VPP lacks ${names.join(", ")}`;
  if (names.every((name) => weightRequests.has(name))) {
    return `${lacks}; weights need VPP 26.10 or later`;
  }
  return names.some((name) => name.startsWith("lb_"))
    ? `${lacks}; is its lb plugin loaded?`
    : lacks;
}

function changedSentence(message: Message, announced: string): string {
  return `this VPP has ${message.name} with the CRC ${announced.slice(-8)} instead of ` +
    `${message.crc}, so its layout is not the one known here`;
}

function nameWithoutCrc(name: string): string {
  return name.replace(/_[0-9a-f]{8}$/, "");
}
