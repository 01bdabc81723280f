import { concatenated, type H2Field } from "../h2/mod.ts";
import { encodeLatin1, isSendable } from "./field.ts";

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
export const lastChunk: Uint8Array = encoder.encode("0\r\n\r\n");

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
export function chunkHead(octets: number): Uint8Array {
  return encoder.encode(`${octets.toString(16)}\r\n`);
}

/** What goes behind a chunk. */
export const lineEnd: Uint8Array = encoder.encode("\r\n");
