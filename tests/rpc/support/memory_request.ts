import type { H2Field, H2Handler, H2Request } from "../../../lib/h2/mod.ts";

/** What a request of a test is made of. */
export interface RequestParts {
  readonly path: string;
  readonly method?: string;
  readonly headers?: readonly H2Field[];
  readonly body?: readonly Uint8Array[];
  readonly signal?: AbortSignal;
  readonly connection?: object;
}

/** A response, all of it. */
export interface WholeResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly trailers: Readonly<Record<string, string>>;
}

/** A request as the HTTP/2 server hands it on. */
export function memoryRequest(
  { path, method = "POST", headers, body, signal, connection }: RequestParts,
): H2Request {
  return {
    method,
    scheme: "http",
    authority: "localhost",
    path,
    headers: headers ?? [["content-type", "application/grpc"]],
    body: (async function* () {
      for (const chunk of body ?? []) yield await Promise.resolve(chunk);
    })(),
    trailers: () => [],
    signal: signal ?? new AbortController().signal,
    peer: "test",
    connection: connection ?? {},
  };
}

/** Calls a handler and reads its response to the end. */
export async function ask(handler: H2Handler, parts: RequestParts): Promise<WholeResponse> {
  const { status, headers, body, trailers, sent } = await handler(memoryRequest(parts));
  const chunks: number[] = [];
  for await (const chunk of body ?? []) chunks.push(...chunk);
  const whole = {
    status,
    headers: Object.fromEntries(headers),
    body: new Uint8Array(chunks),
    trailers: Object.fromEntries(trailers?.() ?? []),
  };
  sent?.(true);
  return whole;
}
