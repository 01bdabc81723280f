import type { UniversalHandler, UniversalServerRequest } from "@connectrpc/connect/protocol";
import type { H2Request, H2Response } from "../h2/mod.ts";
import { skippedBytes } from "./budget.ts";
import type { ProtocolHandlers } from "./connections.ts";
import { protocolOf } from "./content_type.ts";
import { envelopes, whole } from "./envelopes.ts";
import { withJsonAnswer } from "./json_answer.ts";
import { OneChunk } from "./one_chunk.ts";
import { fromPeer } from "./peer.ts";
import { refusal, unknownPath } from "./refusals.ts";
import type { Refusal } from "./refusals.ts";

/** An answer for requests of one path that look simple enough, else undefined. */
export type Shortcut = (request: H2Request) => Promise<H2Response> | undefined;

/** How requests find their RPC. */
export interface HttpAdapterOptions {
  readonly handlers: ReadonlyMap<string, UniversalHandler>;
  /** For requests over HTTP/2. */
  readonly shortcuts: ReadonlyMap<string, Shortcut>;
  /** Largest request message in bytes. */
  readonly readMaxBytes: number;
}

/** A request's way to its RPC, by the protocol that it came in. */
type HttpVersion = UniversalServerRequest["httpVersion"];

/** Serves Connect's universal handlers over HTTP/1.1 and HTTP/2. */
export function httpAdapter(options: HttpAdapterOptions): ProtocolHandlers {
  const { handlers, shortcuts, readMaxBytes } = options;
  const find = (request: H2Request, version: HttpVersion): Promise<H2Response> => {
    const path = pathOf(request);
    const handler = handlers.get(path);
    if (!handler) return refuse(unknownPath(path, contentType(request)), request);
    return universal(handler, toUniversal(request, version, readMaxBytes), request);
  };
  return {
    http1(request) {
      // gRPC's status travels in trailers, which HTTP/1.1 clients do not read.
      const grpc = protocolOf(contentType(request)) === "grpc" && handlers.has(pathOf(request));
      return grpc ? refuse(refusal(505), request) : find(request, "1.1");
    },
    http2: (request) => shortcuts.get(pathOf(request))?.(request) ?? find(request, "2.0"),
  };
}

function pathOf({ path }: H2Request): string {
  return path.split("?", 1)[0] ?? "";
}

async function universal(
  handler: UniversalHandler,
  universalRequest: UniversalServerRequest,
  request: H2Request,
): Promise<H2Response> {
  const response = await withJsonAnswer(handler, universalRequest);
  const { status, header, body, trailer } = response;
  if (!body && !header?.has("content-type")) return await refuse(refusal(status), request);
  return {
    status,
    headers: header ? [...header] : [],
    ...body && { body },
    ...trailer && { trailers: () => [...trailer] },
  };
}

function toUniversal(
  request: H2Request,
  httpVersion: HttpVersion,
  readMaxBytes: number,
): UniversalServerRequest {
  const gather = protocolOf(contentType(request)) === "connect" ? whole : envelopes;
  return {
    httpVersion,
    // Only the query counts; what a client calls this host may be no part of a URL at all.
    url: `http://maglevd${request.path}`,
    method: request.method,
    header: new Headers(request.headers.map(([name, value]): [string, string] => [name, value])),
    body: gather(request.body, readMaxBytes),
    signal: request.signal,
    contextValues: fromPeer(request.peer),
  };
}

async function refuse(
  { status, headers, text }: Refusal,
  request: H2Request,
): Promise<H2Response> {
  if (!contentType(request).startsWith("application/grpc")) await skipSome(request.body);
  if (text === "") return { status, headers };
  return { status, headers, body: new OneChunk(new TextEncoder().encode(text)) };
}

/**
 * Reads a short body to its end. Answering before leads to RST_STREAM with NO_ERROR (RFC 9113
 * section 8.1), which curl 7.88 takes for a failure when it comes together with the answer.
 */
async function skipSome(body: AsyncIterable<Uint8Array>): Promise<void> {
  let skipped = 0;
  for await (const chunk of body) {
    skipped += chunk.length;
    if (skipped > skippedBytes) return;
  }
}

function contentType({ headers }: H2Request): string {
  return headers.find(([name]) => name === "content-type")?.[1] ?? "";
}
