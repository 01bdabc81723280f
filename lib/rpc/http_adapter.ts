import type { UniversalHandler, UniversalServerRequest } from "@connectrpc/connect/protocol";
import { BadRequest } from "../h1/mod.ts";
import type { H2Field, H2Request, H2Response } from "../h2/mod.ts";
import { AnswerSlot, withAnswers, withSlot } from "./answer_slot.ts";
import { calledBy, type Identify } from "./caller.ts";
import type { ProtocolHandlers } from "./connections.ts";
import { contentTypeOf, protocolOf, refusal, refuse, refused, unknownPath } from "./refusals.ts";
import { envelopes, lastEnvelope, whole } from "./envelopes.ts";
import type { Intake } from "./intake.ts";
import type { Outbox } from "./outbox.ts";
import { invalid, shortened } from "./errors.ts";
import type { MessageLimits } from "./universal.ts";
import { fromWebText, isWebText, toWebText } from "./web_text.ts";

/** An answer for requests of one path that look simple enough, else undefined. */
export type Shortcut = (request: H2Request) => Promise<H2Response> | undefined;

/** How requests find their RPC. */
export interface HttpAdapterOptions {
  readonly handlers: ReadonlyMap<string, UniversalHandler>;
  /** For requests over HTTP/2. */
  readonly shortcuts: ReadonlyMap<string, Shortcut>;
  /** Largest messages, in bytes. */
  readonly limits: MessageLimits;
  /** What requests hold that are under way. */
  readonly intake: Intake;
  /** What answers hold that are not taken yet. */
  readonly outbox: Outbox;
  readonly identify: Identify;
}

/** A request's way to its RPC, by the protocol that it came in. */
type HttpVersion = UniversalServerRequest["httpVersion"];

/** Serves Connect's universal handlers over HTTP/1.1 and HTTP/2. */
export function httpAdapter(options: HttpAdapterOptions): ProtocolHandlers {
  const { handlers, shortcuts } = options;
  const find = (request: H2Request, version: HttpVersion): Promise<H2Response> => {
    const path = pathOf(request);
    const handler = handlers.get(path);
    if (!handler) return refuse(unknownPath(path, contentTypeOf(request)), request);
    if (!isWebText(contentTypeOf(request))) return universal(handler, version, request, options);
    return universal(handler, version, fromWebText(request), options).then(toWebText);
  };
  return {
    http1(request) {
      // gRPC's status travels in trailers, which HTTP/1.1 clients do not read.
      const grpc = protocolOf(contentTypeOf(request)) === "grpc" && handlers.has(pathOf(request));
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
  version: HttpVersion,
  request: H2Request,
  { intake, outbox, limits, identify }: HttpAdapterOptions,
): Promise<H2Response> {
  const type = contentTypeOf(request);
  const header = headerOf(request);
  if (!header) return await refuse(refused("invalid_argument", malformed, type), request);
  const meter = intake.open(request.connection);
  const slot = new AnswerSlot(request.connection, { outbox, ...limits });
  const gather = gathererFor(request, handler);
  const response = await handler({
    httpVersion: version,
    // Only the query counts; what a client calls this host may be no part of a URL at all.
    url: urlOf(request),
    method: request.method,
    header,
    body: gather(complete(request.body), { maxBytes: limits.readMaxBytes, meter }),
    signal: request.signal,
    contextValues: withSlot(calledBy(identify(request)), slot),
  });
  const how = { gzip: takesGzip(request), compressMinBytes: limits.compressMinBytes };
  const framing = protocolOf(type) === "connect" ? "unary" : "enveloped";
  const answered = await withAnswers(response, slot, framing, how, () => meter.close());
  const { status, header: fields, body, trailer } = answered;
  if (!body && !fields?.has("content-type")) return await refuse(refusal(status), request);
  return {
    status,
    headers: fields ? [...fields] : [],
    ...body && { body },
    ...trailer && { trailers: () => [...trailer] },
  };
}

/** Fields that Connect's handlers quote when they refuse what they say. */
const quotedFields = new Set([
  "grpc-timeout",
  "connect-timeout-ms",
  "grpc-encoding",
  "content-encoding",
  "connect-content-encoding",
]);

/** A field of a request; one that is too long to mean anything is cut, and refused as such. */
function cutField([name, value]: H2Field): [string, string] {
  return [name, quotedFields.has(name) ? shortened(value, "...") : value];
}

/** The URL, with the one parameter cut that is quoted like such a field. */
function urlOf({ path }: H2Request): string {
  const url = new URL(`http://maglevd${path}`);
  const compression = url.searchParams.get("compression") ?? "";
  const cut = shortened(compression, "...");
  if (cut === compression) return url.href;
  url.searchParams.set("compression", cut);
  return url.href;
}

/** A body that HTTP/1.1 could not make sense of is the client's fault, which has a status. */
async function* complete(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw error instanceof BadRequest ? invalid(error.message) : error;
  }
}

const malformed = "a header field has a name or a value that HTTP does not allow";

/** The header as the web's interface has it; undefined if it takes HTTP/2's names for malformed. */
function headerOf({ headers }: H2Request): Headers | undefined {
  try {
    return new Headers(headers.map(cutField));
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** How the request's messages are put together. */
function gathererFor(request: H2Request, { method }: UniversalHandler) {
  if (protocolOf(contentTypeOf(request)) === "connect") return whole;
  return method.methodKind === "bidi_streaming" ? envelopes : lastEnvelope;
}

/** Whether a unary Connect client takes compressed answers. */
function takesGzip({ headers }: H2Request): boolean {
  return headers.some(([name, value]) =>
    name === "accept-encoding" && value.split(",").some((each) => each.trim() === "gzip")
  );
}
