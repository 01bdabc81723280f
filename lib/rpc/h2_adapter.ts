import type { UniversalHandler, UniversalServerRequest } from "@connectrpc/connect/protocol";
import type { H2Handler, H2Request, H2Response } from "../h2/mod.ts";
import { protocolOf } from "./content_type.ts";
import { envelopes, whole } from "./envelopes.ts";
import { withJsonAnswer } from "./json_answer.ts";
import { OneChunk } from "./one_chunk.ts";
import { fromPeer } from "./peer.ts";
import { refusal, unknownPath } from "./refusals.ts";
import type { Refusal } from "./refusals.ts";

/** An answer for requests of one path that look simple enough, else undefined. */
export type Shortcut = (request: H2Request) => Promise<H2Response> | undefined;

/** How HTTP/2 requests find their RPC. */
export interface H2AdapterOptions {
  readonly handlers: ReadonlyMap<string, UniversalHandler>;
  readonly shortcuts: ReadonlyMap<string, Shortcut>;
  /** Largest request message in bytes. */
  readonly readMaxBytes: number;
}

/** Longest body that is read although nobody wants it. */
const skippedBytes = 65_536;

/** Serves Connect's universal handlers over HTTP/2. */
export function h2Adapter({ handlers, shortcuts, readMaxBytes }: H2AdapterOptions): H2Handler {
  return (request) => {
    const path = request.path.split("?", 1)[0] ?? "";
    const short = shortcuts.get(path)?.(request);
    if (short) return short;
    const handler = handlers.get(path);
    if (!handler) return refuse(unknownPath(path, contentType(request)), request);
    return universal(handler, request, readMaxBytes);
  };
}

async function universal(
  handler: UniversalHandler,
  request: H2Request,
  readMaxBytes: number,
): Promise<H2Response> {
  const response = await withJsonAnswer(handler, toUniversal(request, readMaxBytes));
  const { status, header, body, trailer } = response;
  if (!body && !header?.has("content-type")) return await refuse(refusal(status), request);
  return {
    status,
    headers: header ? [...header] : [],
    ...body && { body },
    ...trailer && { trailers: () => [...trailer] },
  };
}

function toUniversal(request: H2Request, readMaxBytes: number): UniversalServerRequest {
  const gather = protocolOf(contentType(request)) === "connect" ? whole : envelopes;
  return {
    httpVersion: "2.0",
    url: `${request.scheme}://${request.authority || "maglevd"}${request.path}`,
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
