import { appendFrame, encodeMessage, type FrameBuffer, WireWriter } from "../binapi/mod.ts";
import { sockclntCreate } from "../gen/vpp.ts";
import { reasonOf } from "../log/mod.ts";
import { ApiClient, type ClientContext } from "./client.ts";
import { ConnectionError, RetvalError, TimeoutError } from "./errors.ts";
import { checkTable, messageTable } from "./message_table.ts";
import { closeOnce, decodeFrame, framesOfVpp, receive, send, type Transport } from "./transport.ts";

/** How this program calls itself in `show api clients`. */
const clientName = "vpp-maglev";

/** The id of the first message, the only one that does not come from VPP's table. */
export const sockclntCreateId = 15;

/** The id of its reply, the only one that has a client_index (docs/vpp.md, "The API socket"). */
export const sockclntCreateReplyId = 16;

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
  const frames = framesOfVpp();
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
