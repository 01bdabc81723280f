import type {
  UniversalHandler,
  UniversalServerRequest,
  UniversalServerResponse,
} from "@connectrpc/connect/protocol";
import type { H2Handler, H2Request, H2Response } from "../h2/mod.ts";
import { protocolOf } from "./content_type.ts";
import { envelopes, whole } from "./envelopes.ts";
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

/** Serves Connect's universal handlers over HTTP/2. */
export function h2Adapter({ handlers, shortcuts, readMaxBytes }: H2AdapterOptions): H2Handler {
  return (request) => {
    const path = request.path.split("?", 1)[0] ?? "";
    const short = shortcuts.get(path)?.(request);
    if (short) return short;
    const handler = handlers.get(path);
    if (!handler) return Promise.resolve(refused(unknownPath(path, contentType(request))));
    return universal(handler, request, readMaxBytes);
  };
}

async function universal(
  handler: UniversalHandler,
  request: H2Request,
  readMaxBytes: number,
): Promise<H2Response> {
  const response = await handler(toUniversal(request, readMaxBytes));
  return fromUniversal(response);
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
  };
}

function fromUniversal(response: UniversalServerResponse): H2Response {
  const { status, header, body, trailer } = response;
  if (!body && !header?.has("content-type")) return refused(refusal(status));
  return {
    status,
    headers: header ? [...header] : [],
    ...body && { body },
    ...trailer && { trailers: () => [...trailer] },
  };
}

function refused({ status, headers, text }: Refusal): H2Response {
  // "connection" and its like must not appear in HTTP/2 (RFC 9113 section 8.2.2).
  const allowed = headers.filter(([name]) => name !== "connection");
  if (text === "") return { status, headers: allowed };
  return { status, headers: allowed, body: once(new TextEncoder().encode(text)) };
}

async function* once(chunk: Uint8Array): AsyncIterable<Uint8Array> {
  await Promise.resolve();
  yield chunk;
}

function contentType({ headers }: H2Request): string {
  return headers.find(([name]) => name === "content-type")?.[1] ?? "";
}
