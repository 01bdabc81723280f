import type { DescMethod } from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  type ContextValues,
  createContextValues,
  type Transport,
} from "@connectrpc/connect";
import {
  createClientMethodSerializers,
  createEnvelopeReadableStream,
  createMethodUrl,
  encodeEnvelope,
  runStreamingCall,
  runUnaryCall,
} from "@connectrpc/connect/protocol";
import { requestHeader, validateResponse } from "@connectrpc/connect/protocol-grpc";

/** How calls leave the program. */
export interface GrpcOptions {
  /** The URL that paths of methods are put behind. */
  readonly baseUrl: string;
  /** Speaks HTTP/2 from the first octet on. */
  readonly fetch: typeof globalThis.fetch;
  /** Of calls that say nothing else. */
  readonly timeoutMs: number;
}

/**
 * gRPC over fetch, for servers that speak nothing else. fetch does not show trailers, and the status
 * of gRPC is one, unless nothing but the status is answered, as errors are. So a message is a
 * success, and the end of a stream is told as an error that can pass: only a server that stops, or
 * cuts off, ends one.
 */
export function createGrpcTransport(options: GrpcOptions): Transport {
  const limit = (timeoutMs: number | undefined) => {
    if (timeoutMs === undefined) return options.timeoutMs;
    return timeoutMs <= 0 ? undefined : timeoutMs;
  };
  const endOf = (signal: AbortSignal | undefined, timeoutMs: number | undefined) => {
    const limitMs = limit(timeoutMs);
    return { ...(signal && { signal }), ...(limitMs !== undefined && { timeoutMs: limitMs }) };
  };
  const post = async (
    { url, header, signal }: { url: string; header: Headers; signal: AbortSignal },
    message: Uint8Array,
  ) => {
    const body = encodeEnvelope(0, message);
    // As Connect has it: what changes something is for the server that was asked.
    const init = { method: "POST", headers: header, signal, body, redirect: "error" } as const;
    const response = await options.fetch(url, init);
    const { headerError } = validateResponse(response.status, response.headers);
    if (!headerError && response.body) return { headers: response.headers, body: response.body };
    await response.body?.cancel();
    throw headerError ?? new ConnectError("an answer without a message", Code.Internal);
  };
  const requestOf = (
    method: DescMethod,
    timeoutMs: number | undefined,
    header: HeadersInit | undefined,
    contextValues: ContextValues | undefined,
  ) => ({
    service: method.parent,
    requestMethod: "POST",
    url: createMethodUrl(options.baseUrl, method),
    header: requestHeader(true, limit(timeoutMs), header),
    contextValues: contextValues ?? createContextValues(),
  });
  return {
    async unary(method, signal, timeoutMs, header, message, contextValues) {
      const { serialize, parse } = createClientMethodSerializers(method, true);
      return await runUnaryCall<typeof method.input, typeof method.output>({
        ...endOf(signal, timeoutMs),
        req: {
          ...requestOf(method, timeoutMs, header, contextValues),
          ...{ stream: false, method, message },
        },
        next: async (request) => {
          const { headers, body } = await post(request, serialize(request.message));
          const [first] = await Array.fromAsync(messagesOf(body));
          if (!first) throw new ConnectError("the call failed, and no reason came", Code.Unknown);
          return { ...request, header: headers, message: parse(first), trailer: new Headers() };
        },
      });
    },
    async stream(method, signal, timeoutMs, header, input, contextValues) {
      const { serialize, parse } = createClientMethodSerializers(method, true);
      return await runStreamingCall<typeof method.input, typeof method.output>({
        ...endOf(signal, timeoutMs),
        req: {
          ...requestOf(method, timeoutMs, header, contextValues),
          ...{ stream: true, method, message: input },
        },
        next: async (request) => {
          const [message] = await Array.fromAsync(request.message);
          if (!message) throw new TypeError(`${method.name} was called without a message`);
          const { headers, body } = await post(request, serialize(message));
          const messages = untilItEnds(body, parse);
          return { ...request, header: headers, message: messages, trailer: new Headers() };
        },
      });
    },
  };
}

async function* untilItEnds<T>(
  body: ReadableStream<Uint8Array>,
  parse: (octets: Uint8Array) => T,
): AsyncGenerator<T> {
  for await (const message of messagesOf(body)) yield parse(message);
  throw new ConnectError("the server ended the stream", Code.Unavailable);
}

async function* messagesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  // It was not asked for compression, so no message has a flag.
  for await (const { data } of createEnvelopeReadableStream(body)) yield data;
}
