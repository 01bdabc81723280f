import type {
  UniversalHandler,
  UniversalServerRequest,
  UniversalServerResponse,
} from "@connectrpc/connect/protocol";
import type { Clock } from "../time/mod.ts";
import { protocolOf } from "./content_type.ts";
import { envelopes, whole } from "./envelopes.ts";
import { withJsonAnswer } from "./json_answer.ts";
import { refusal, unknownPath } from "./refusals.ts";
import type { Refusal } from "./refusals.ts";

/** How HTTP/1.1 requests find their RPC. */
export interface Http1AdapterOptions {
  readonly handlers: ReadonlyMap<string, UniversalHandler>;
  /** Largest request message in bytes. */
  readonly readMaxBytes: number;
  readonly clock: Clock;
}

/**
 * Serves Connect's universal handlers to `Deno.serve`: gRPC-Web and Connect. `request.signal` is
 * left alone, because it also aborts after success and Deno complains of its use: what tells of
 * a client that goes away is the end of the response's stream.
 */
export function http1Adapter(
  { handlers, readMaxBytes, clock }: Http1AdapterOptions,
): (request: Request) => Promise<Response> {
  return (request) => {
    const path = new URL(request.url).pathname;
    const contentType = request.headers.get("content-type") ?? "";
    const handler = handlers.get(path);
    if (!handler) return Promise.resolve(refused(unknownPath(path, contentType)));
    switch (protocolOf(contentType)) {
      case "grpc":
        // gRPC's status travels in trailers, which HTTP/1.1 clients do not read.
        return Promise.resolve(refused(refusal(505)));
      case "connect":
        return answerWhole(handler, request, readMaxBytes);
      case "connect-stream":
      case "grpc-web":
        return answerStream(handler, request, readMaxBytes, clock);
    }
  };
}

/** Unary Connect: a response in one piece, with its length said. */
async function answerWhole(
  handler: UniversalHandler,
  request: Request,
  readMaxBytes: number,
): Promise<Response> {
  const { signal } = new AbortController();
  const universal = toUniversal(request, whole(bodyOf(request), readMaxBytes), signal);
  const response = await withJsonAnswer(handler, universal);
  const { status, header, body } = response;
  if (!header) return refused(refusal(status));
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of body ?? []) chunks.push(new Uint8Array(chunk));
  const payload = chunks.length === 1 && chunks[0] ? chunks[0] : new Blob(chunks);
  return new Response(payload, { status, headers: header });
}

/**
 * Everything else is a stream. Its header goes out at once, although its first message may take
 * hours: only then does the runtime say when the client goes away.
 */
async function answerStream(
  handler: UniversalHandler,
  request: Request,
  readMaxBytes: number,
  clock: Clock,
): Promise<Response> {
  const abort = new AbortController();
  const universal = toUniversal(request, envelopes(bodyOf(request), readMaxBytes), abort.signal);
  // The header cannot tell any more what messages are compressed with.
  universal.header.delete("connect-accept-encoding");
  universal.header.delete("grpc-accept-encoding");
  const answer = handler(universal);
  const soon = await Promise.race([answer, turn(clock)]);
  if (soon && !soon.header) return refused(refusal(soon.status));
  const headers = soon?.header ?? { "content-type": request.headers.get("content-type") ?? "" };
  return new Response(readable(answer, abort), { status: soon?.status ?? 200, headers });
}

function turn(clock: Clock): Promise<undefined> {
  return new Promise((resolve) => clock.after(0, () => resolve(undefined)));
}

function toUniversal(
  request: Request,
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): UniversalServerRequest {
  const { url, method, headers } = request;
  return { httpVersion: "1.1", url, method, header: new Headers(headers), body, signal };
}

async function* bodyOf(request: Request): AsyncIterable<Uint8Array> {
  if (request.body) yield* request.body;
}

/** The body of an answer that may still be to come, as the runtime reads it. */
function readable(
  answer: Promise<UniversalServerResponse>,
  abort: AbortController,
): ReadableStream<Uint8Array> {
  let chunks: AsyncIterator<Uint8Array> | undefined;
  return new ReadableStream({
    async pull(controller) {
      chunks ??= (await answer).body?.[Symbol.asyncIterator]();
      const result = await chunks?.next();
      if (!result || result.done) controller.close();
      else controller.enqueue(result.value);
    },
    cancel: (reason) => abort.abort(reason),
  }, { highWaterMark: 0 });
}

function refused({ status, headers, text }: Refusal): Response {
  return new Response(text, { status, headers: headers.map(([name, value]) => [name, value]) });
}
