import type { Message } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { createConnectRouter } from "@connectrpc/connect";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import { gzipCompression } from "./compression.ts";
import { abortReason } from "./errors.ts";
import { jsonAnswerOf } from "./json_answer.ts";
import { peerOf } from "./peer.ts";
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
  switch (rpc.kind) {
    case "unary":
      router.rpc(rpc.method, (request, context) => rpc.call(request, callContext(context)));
      return;
    case "server_streaming":
      router.rpc(rpc.method, (request, context) => rpc.call(request, callContext(context)));
      return;
    case "bidi_streaming":
      router.rpc(
        rpc.method,
        (requests: AsyncIterable<Message>, context) => rpc.call(requests, callContext(context)),
      );
      return;
    default:
      rpc satisfies never;
  }
}

/** Throws when nobody waits for the call any more. */
function callContext(context: HandlerContext): CallContext {
  const { signal, values } = context;
  if (signal.aborted) throw abortReason(signal, undefined);
  const binary = !isJson(context);
  const answerJson = binary ? undefined : jsonAnswerOf(values);
  return { signal, peer: peerOf(values), binary, ...answerJson && { answerJson } };
}

/** Connect's GET requests, which RPCs without side effects take, say it in the query. */
function isJson({ requestMethod, requestHeader, url }: HandlerContext): boolean {
  if (requestMethod === "GET") return new URL(url).searchParams.get("encoding") === "json";
  return (requestHeader.get("content-type") ?? "").includes("json");
}
