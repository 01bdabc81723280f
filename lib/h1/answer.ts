import { concatenated, type H2Field, type H2Response } from "../h2/mod.ts";
import { encodeLatin1, isSendable } from "./field.ts";
import type { RequestHead } from "./head.ts";
import { pieceBytes } from "./limits.ts";

/** How the client is told where a response's body ends. */
export type ResponseFraming =
  /** There is none, or its length is among the fields. */
  | "as said"
  | "chunked"
  /** By the end of the connection, for HTTP/1.0. */
  | "close";

/** What the head of a response is made of. */
export interface ResponseHead {
  /** 200 to 599. */
  readonly status: number;
  /** The handler's fields. */
  readonly headers: readonly H2Field[];
  readonly framing: ResponseFraming;
  /** Whether the connection ends with this response. */
  readonly close: boolean;
  /** Unix milliseconds. */
  readonly wall: number;
}

const encoder = new TextEncoder();

/** What the server says itself, and no handler for it. */
const ownFields = new Set(["connection", "date", "keep-alive", "transfer-encoding", "upgrade"]);

const reasons: Readonly<Record<number, string>> = {
  200: "OK",
  204: "No Content",
  304: "Not Modified",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  412: "Precondition Failed",
  414: "URI Too Long",
  415: "Unsupported Media Type",
  417: "Expectation Failed",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  499: "Client Closed Request",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
};

/**
 * Status line and fields (RFC 9112 section 4). Throws a RangeError for a status that is none, and
 * for a field that would break out of its line.
 */
export function responseHead({ status, headers, framing, close, wall }: ResponseHead): Uint8Array {
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new RangeError(`response status is ${status}: must be between 200 and 599`);
  }
  const bad = headers.find((field) => !isSendable(field));
  if (bad) throw new RangeError(`response field ${JSON.stringify(bad[0])} cannot be sent`);
  const lines = [
    `HTTP/1.1 ${status} ${reasons[status] ?? ""}`,
    ...headers.filter(([name]) => !ownFields.has(name)).map(([name, value]) => `${name}: ${value}`),
    `date: ${new Date(wall).toUTCString()}`,
    ...framing === "chunked" ? ["transfer-encoding: chunked"] : [],
    ...close ? ["connection: close"] : [],
  ];
  return encodeLatin1(`${lines.join("\r\n")}\r\n\r\n`);
}

/** Says that the body may come (RFC 9110 section 15.2.1). */
export const continueLine: Uint8Array = encoder.encode("HTTP/1.1 100 Continue\r\n\r\n");

/** What ends a body in chunks. */
const lastChunk = encoder.encode("0\r\n\r\n");

const shared = new WeakSet<Uint8Array>();
/** The last chunk of such octets: those who share them mostly send them one right after the other. */
let lastShared: { readonly data: Uint8Array; readonly chunk: Uint8Array } | undefined;

/**
 * Has octets of which many answers consist framed once for those that follow each other. Nobody may
 * change them any more. Returns them.
 */
export function sharedByAnswers(octets: Uint8Array): Uint8Array {
  shared.add(octets);
  return octets;
}

/** One chunk, which must not be empty: that would be the last. */
export function chunkOf(data: Uint8Array): Uint8Array {
  if (lastShared?.data === data) return lastShared.chunk;
  const chunk = concatenated([chunkHead(data.length), data, lineEnd]);
  if (shared.has(data)) lastShared = { data, chunk };
  return chunk;
}

/** What goes before a chunk of `octets`. */
function chunkHead(octets: number): Uint8Array {
  return encoder.encode(`${octets.toString(16)}\r\n`);
}

/** What goes behind a chunk. */
const lineEnd = encoder.encode("\r\n");

/** The part of a request that its answer depends on. */
export type Asked = Pick<RequestHead, "method" | "modern">;

/** How an answer goes out. */
export interface AnswerHead {
  /** Status line and fields. */
  readonly octets: Uint8Array;
  readonly framing: ResponseFraming;
  /** Whether a body follows. */
  readonly body: boolean;
  /** Octets of the body, where the fields say it. */
  readonly announced: number | undefined;
  /** Whether the connection ends with it. */
  readonly close: boolean;
}

/**
 * The head of the answer to a request, and how its body follows. `close` says whether the
 * connection ends in any case. Throws a RangeError for a response that cannot be sent.
 */
export function answerHead(
  { status, headers, body }: H2Response,
  { method, modern }: Asked,
  close: boolean,
  wall: number,
): AnswerHead {
  const bodiless = method === "HEAD" || status === 204 || status === 304;
  const length = headers.find(([name]) => name === "content-length")?.[1];
  const framing = framingOf(bodiless || !body || length !== undefined, modern);
  const ends = close || framing === "close";
  const silent = !body && !bodiless && length === undefined;
  const fields: readonly H2Field[] = silent ? [...headers, ["content-length", "0"]] : headers;
  return {
    octets: responseHead({ status, headers: fields, framing, close: ends, wall }),
    framing,
    body: body !== undefined && !bodiless,
    announced: bodiless || length === undefined ? undefined : Number(length),
    close: ends,
  };
}

function framingOf(said: boolean, modern: boolean): ResponseFraming {
  if (said) return "as said";
  return modern ? "chunked" : "close";
}

/** Parts of a long piece: it may be shared by many connections, and each would have a copy. */
function* asItIs(
  data: Uint8Array,
  head: Uint8Array | undefined,
  framing: ResponseFraming,
): Iterable<Uint8Array> {
  if (head) yield head;
  if (framing === "chunked") yield chunkHead(data.length);
  yield data;
  if (framing === "chunked") yield lineEnd;
}

/**
 * The octets of an answer, in the parts in which they are to be written. The head of one whose
 * length is known goes out with its body; a stream may be quiet for hours, so its head goes first.
 * Throws a RangeError when the body is not as long as was said.
 */
export async function* answerParts(
  { octets, framing, body, announced }: AnswerHead,
  next: () => Promise<Uint8Array | undefined>,
): AsyncIterable<Uint8Array> {
  let head: Uint8Array | undefined = octets;
  if (framing !== "as said" || !body) {
    yield octets;
    head = undefined;
  }
  let sent = 0;
  for (let data = await next(); data; data = await next()) {
    if (data.length === 0) continue;
    sent += data.length;
    if (sent > (announced ?? Infinity)) break;
    if (data.length > pieceBytes) yield* asItIs(data, head, framing);
    else yield framing === "chunked" ? chunkOf(data) : head ? concatenated([head, data]) : data;
    head = undefined;
  }
  if (body && announced !== undefined && sent !== announced) {
    throw new RangeError(`the response is not the ${announced} octets long that it says`);
  }
  if (head) yield head;
  if (framing === "chunked") yield lastChunk;
}
