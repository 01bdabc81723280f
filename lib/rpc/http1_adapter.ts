import type { UniversalHandler, UniversalServerResponse } from "@connectrpc/connect/protocol";
import {
  universalServerRequestFromFetch,
  universalServerResponseToFetch,
} from "@connectrpc/connect/protocol";
import { protocolOf } from "./content_type.ts";
import { envelopes, whole } from "./envelopes.ts";
import { refusal, unknownPath } from "./refusals.ts";
import type { Refusal } from "./refusals.ts";

/** How HTTP/1.1 requests find their RPC. */
export interface Http1AdapterOptions {
  readonly handlers: ReadonlyMap<string, UniversalHandler>;
  /** Largest request message in bytes. */
  readonly readMaxBytes: number;
}

/** Serves Connect's universal handlers to `Deno.serve`: gRPC-Web and Connect. */
export function http1Adapter(
  { handlers, readMaxBytes }: Http1AdapterOptions,
): (request: Request) => Promise<Response> {
  return async (request) => {
    const path = new URL(request.url).pathname;
    const contentType = request.headers.get("content-type") ?? "";
    const handler = handlers.get(path);
    if (!handler) return refused(unknownPath(path, contentType));
    const protocol = protocolOf(contentType);
    // gRPC's status travels in trailers, which HTTP/1.1 clients do not read.
    if (protocol === "grpc") return refused(refusal(505));
    const universal = universalServerRequestFromFetch(request, { httpVersion: "1.1" });
    const body = universal.body as AsyncIterable<Uint8Array>;
    const gather = protocol === "connect" ? whole : envelopes;
    const response = await handler({ ...universal, body: gather(body, readMaxBytes) });
    return protocol === "connect" ? await fixed(response) : streamed(response);
  };
}

/** A response in one piece, with its length said. */
async function fixed(response: UniversalServerResponse): Promise<Response> {
  const { status, header, body } = response;
  if (!body) return header ? universalServerResponseToFetch(response) : refused(refusal(status));
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of body) chunks.push(new Uint8Array(chunk));
  return new Response(new Blob(chunks), { status, ...header && { headers: header } });
}

function streamed(response: UniversalServerResponse): Response {
  if (!response.body && !response.header) return refused(refusal(response.status));
  return universalServerResponseToFetch(response);
}

function refused({ status, headers, text }: Refusal): Response {
  return new Response(text, { status, headers: headers.map(([name, value]) => [name, value]) });
}
