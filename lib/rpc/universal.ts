import { create, type Message } from "@bufbuild/protobuf";
import { createConnectRouter, type HandlerContext } from "@connectrpc/connect";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import { answerOf, AnswerStream, type Reply } from "./answer.ts";
import { slotOf, SlottedStream } from "./answer_slot.ts";
import { requestOptions } from "./limits.ts";
import { gzipCompression } from "./compression.ts";
import { principalOf } from "./caller.ts";
import { abortReason } from "./errors.ts";
import { jsonRequestOptions } from "./json_requests.ts";
import type { CallContext, Rpc } from "./rpc.ts";

/** Limits on messages, in bytes. */
export interface MessageLimits {
  /** Largest request message, also once decompressed. */
  readonly readMaxBytes: number;
  /** Largest response message. */
  readonly writeMaxBytes: number;
  /** Responses from this size on are compressed for clients that accept it. */
  readonly compressMinBytes: number;
}

/**
 * Connect's handlers by path: each speaks gRPC, gRPC-Web and Connect, with deadlines and
 * compression. This is what every protocol goes through, except what `grpc_direct.ts` shortens.
 * Each call needs a slot for its answers (`answer_slot.ts`).
 */
export function universalHandlers(
  rpcs: readonly Rpc[],
  limits: MessageLimits,
): ReadonlyMap<string, UniversalHandler> {
  const router = createConnectRouter({ ...limits, acceptCompression: [gzipCompression] });
  for (const rpc of rpcs) register(router, rpc);
  return new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
}

function register(router: ReturnType<typeof createConnectRouter>, rpc: Rpc): void {
  const { input, output } = rpc.method;
  const options = { binaryOptions: requestOptions, jsonOptions: jsonRequestOptions(input) };
  const empty: Message = create(output);
  const stream = (replies: AsyncIterable<Reply>, context: HandlerContext, binary: boolean) => {
    const answers = new AnswerStream(replies[Symbol.asyncIterator](), output, binary);
    return new SlottedStream(answers, slotOf(context.values), empty);
  };
  switch (rpc.kind) {
    case "unary":
      router.rpc(rpc.method, async (request, context) => {
        const call = callContext(context);
        const reply = await rpc.call(request, call);
        slotOf(context.values).put(answerOf(output, reply, call.binary));
        return empty;
      }, options);
      return;
    case "server_streaming":
      router.rpc(rpc.method, (request, context) => {
        const call = callContext(context);
        return stream(rpc.call(request, call), context, call.binary);
      }, options);
      return;
    case "bidi_streaming":
      router.rpc(rpc.method, (requests: AsyncIterable<Message>, context) => {
        const call = callContext(context);
        return stream(rpc.call(requests, call), context, call.binary);
      }, options);
      return;
    default:
      rpc satisfies never;
  }
}

/** Throws when nobody waits for the call any more. */
function callContext(context: HandlerContext): CallContext {
  const { signal, values } = context;
  if (signal.aborted) throw abortReason(signal, undefined);
  return { signal, principal: principalOf(values), binary: !isJson(context) };
}

/** Connect's GET requests, which RPCs without side effects take, say it in the query. */
function isJson({ requestMethod, requestHeader, url }: HandlerContext): boolean {
  if (requestMethod === "GET") return new URL(url).searchParams.get("encoding") === "json";
  return (requestHeader.get("content-type") ?? "").includes("json");
}
