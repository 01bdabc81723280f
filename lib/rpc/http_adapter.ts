import type { DescMessage } from "@bufbuild/protobuf";
import type { ConnectError } from "@connectrpc/connect";
import type { H2Field, H2Request, H2Response } from "../h2/mod.ts";
import { contentTypeOf, http2Needed, isWebText, OneChunk, protocolOf } from "../port/mod.ts";
import { refuse, unknownPath } from "../port/mod.ts";
import type { Identify, Outbox, ProtocolHandlers } from "../port/mod.ts";
import type { Clock } from "../time/mod.ts";
import { answerOf, holdAnswer } from "./answer.ts";
import type { Answer, HoldOptions, Polling, Reply } from "./answer.ts";
import { type CallHead, callHead } from "./call_head.ts";
import { DeadlineContext } from "./deadline.ts";
import { envelopeHeaderBytes, type Intake } from "./intake.ts";
import { toConnectError } from "./errors.ts";
import type { MessageLimits } from "./limits.ts";
import { connectFailure, grpcTrailers } from "./protocols.ts";
import { onlyMessage, type ReadOptions, requestMessages } from "./request_messages.ts";
import { type Rpc, rpcPath, type StreamRpc, takesMany, type UnaryRpc } from "./rpc.ts";
import { StreamBody } from "./stream_body.ts";
import { fromWebText, toWebText } from "./web_text.ts";

/** What holds octets for clients. */
export interface Counting {
  /** Requests under way. */
  readonly intake: Intake;
  /** Answers that are not taken yet. */
  readonly outbox: Outbox;
}

/** How requests are answered. */
export interface HttpAdapterOptions {
  readonly rpcs: readonly Rpc[];
  /** What those of a peer are counted in. */
  readonly countingOf: (peer: string) => Counting;
  /** Largest messages, in bytes. */
  readonly limits: MessageLimits;
  readonly identify: Identify;
  readonly clock: Clock;
}

/**
 * Answers RPCs over HTTP/1.1 and HTTP/2, in gRPC, gRPC-Web and Connect. All calls go one way: what
 * the request says of its call (`call_head.ts`), its messages (`request_messages.ts`), the RPC, and
 * its answers, each written once (`stream_body.ts`). What protocols have of their own is in
 * `protocols.ts`.
 */
export function httpAdapter(options: HttpAdapterOptions): ProtocolHandlers {
  const rpcs = new Map(options.rpcs.map((rpc) => [rpcPath(rpc), rpc]));
  const find = async (request: H2Request, isHttp1: boolean): Promise<H2Response> => {
    const [path = ""] = request.path.split("?", 1);
    const type = contentTypeOf(request);
    const rpc = rpcs.get(path);
    if (!rpc) return await refuse(unknownPath(path, type), request);
    // gRPC's status travels in trailers, which HTTP/1.1 clients do not read.
    const needsHttp2 = takesMany(rpc) || protocolOf(type) === "grpc";
    if (isHttp1 && needsHttp2) return await refuse(http2Needed, request);
    if (!isWebText(type)) return await answer(rpc, request, options);
    return toWebText(await answer(rpc, fromWebText(request), options));
  };
  return {
    http1: (request) => find(request, true),
    http2: (request) => find(request, false),
  };
}

/** A call under way. */
interface Call {
  readonly head: CallHead;
  readonly output: DescMessage;
  readonly request: H2Request;
  readonly context: DeadlineContext;
  readonly reading: ReadOptions;
  readonly hold: HoldOptions;
}

async function answer(
  rpc: Rpc,
  request: H2Request,
  options: HttpAdapterOptions,
): Promise<H2Response> {
  const head = callHead(request, rpc);
  if ("status" in head) return await refuse(head, request);
  const { clock, countingOf, identify, limits: { readMaxBytes, writeMaxBytes } } = options;
  const { intake, outbox } = countingOf(request.peer);
  const principal = identify(request);
  const context = new DeadlineContext(request, principal, head.binary, clock, head.timeoutMs);
  const { connection } = request;
  const compressMinBytes = head.gzip ? options.limits.compressMinBytes : Infinity;
  const call: Call = {
    ...{ head, output: rpc.method.output, request, context },
    reading: { readMaxBytes, clock, meter: intake.open(connection) },
    hold: { outbox, connection, writeMaxBytes, compressMinBytes },
  };
  try {
    if (head.error) throw head.error;
    if (rpc.kind !== "unary") return enveloped(await streamed(rpc, call), call);
    return await single(await onlyAnswer(rpc, call), call);
  } catch (error) {
    const status = toConnectError(error);
    context.end(status);
    if (head.protocol !== "grpc" && head.protocol !== "connect") {
      return enveloped(none(status), call);
    }
    close(call);
    if (head.protocol === "connect") return connectFailure(status, head.hints);
    // In headers alone, where clients find it that get no trailers to see, such as those by fetch.
    return { status: 200, headers: [contentType(head), ...head.hints, ...grpcTrailers(status)] };
  }
}

async function onlyAnswer(rpc: UnaryRpc, call: Call): Promise<Answer> {
  const { head, output, context } = call;
  const message = await onlyMessage(rpc, head, call.request, call.reading);
  context.begin();
  return answerOf(output, await rpc.call(message, context), head.binary);
}

async function streamed(rpc: StreamRpc, call: Call): Promise<Polling<Reply>> {
  const { head, request, context, reading } = call;
  if (takesMany(rpc)) {
    const messages = requestMessages(rpc, head, request, reading);
    return rpc.call(messages, context)[Symbol.asyncIterator]();
  }
  const message = await onlyMessage(rpc, head, request, reading);
  context.begin();
  return rpc.call(message, context)[Symbol.asyncIterator]();
}

/** Nothing more is read of the request, and nothing of the answer. */
function close({ context, reading }: Call): void {
  context.close();
  reading.meter.close();
}

/** A response of one answer. */
async function single(answer: Answer, call: Call): Promise<H2Response> {
  const { head, hold } = call;
  const { octets, release } = await holdAnswer(answer, hold);
  close(call);
  const headers = [contentType(head)];
  if (octets !== answer.envelope) headers.push([head.form.encoding, "gzip"]);
  if (head.protocol === "connect") {
    const body = octets.subarray(envelopeHeaderBytes);
    headers.push(["content-length", String(body.length)]);
    return { status: 200, headers, body: new OneChunk(body, release), ...ending(call) };
  }
  const body = new OneChunk(octets, release, head.form.end(undefined));
  return { status: 200, headers, body, ...ending(call) };
}

/** A response of replies in envelopes, which tells at its end how the call has ended. */
function enveloped(replies: Polling<Reply>, call: Call): H2Response {
  const { head, output, context, hold } = call;
  const body = new StreamBody(replies, {
    write: (reply) => answerOf(output, reply, head.binary),
    hold,
    end: head.form.end,
    failed: (error) => context.end(error),
    closed: () => close(call),
  });
  const headers = [contentType(head), ...head.hints];
  if (head.gzip) headers.push([head.form.encoding, "gzip"]);
  return { status: 200, headers, body, ...ending(call, () => body.error) };
}

/** What follows the body, in gRPC, and who hears that all has left. */
function ending(
  { head, context }: Call,
  error: () => ConnectError | undefined = () => undefined,
): Pick<H2Response, "sent" | "trailers"> {
  return {
    ...head.protocol === "grpc" && { trailers: () => grpcTrailers(error()) },
    sent: (isWhole) => isWhole ? context.end(error()) : context.unsent(),
  };
}

function contentType({ form, binary }: CallHead): H2Field {
  return ["content-type", `${form.type}${binary ? "proto" : "json"}`];
}

/** A stream that never begins. */
function none(status: ConnectError): Polling<never> {
  return { next: () => Promise.reject(status) };
}
