import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import type { ConnectError } from "@connectrpc/connect";
import { type Compression, compressionNegotiate } from "@connectrpc/connect/protocol";
import type { H2Field, H2Request } from "../h2/mod.ts";
import { protocolOf, shortened, unknownType, wrongMethod } from "../port/mod.ts";
import type { Protocol, Refusal } from "../port/mod.ts";
import { gzipCompression } from "./compression.ts";
import { type ProtocolForm, protocols } from "./protocols.ts";
import type { Rpc } from "./rpc.ts";

/** What a request says of its call before its messages. */
export interface CallHead {
  readonly protocol: Protocol;
  readonly form: ProtocolForm;
  /** Whether messages are protobuf; otherwise they are JSON. */
  readonly binary: boolean;
  /** Milliseconds from now until nobody waits any more; undefined: for ever. */
  readonly timeoutMs: number | undefined;
  /** How messages of the request may be compressed. */
  readonly compression: Compression | null;
  /** Whether those of the answer may be. */
  readonly gzip: boolean;
  /** Where the message is, if not in the body. */
  readonly query: URLSearchParams | undefined;
  /** What is wrong with it. */
  readonly error: ConnectError | undefined;
  /** What the head of the answer to a call that fails says: encodings, where one is unknown. */
  readonly hints: readonly H2Field[];
}

/** Reads what a request for an RPC says of its call, or why it is no call at all. */
export function callHead(request: H2Request, { method, kind }: Rpc): CallHead | Refusal {
  const field = fieldsOf(request);
  const takesGet = kind === "unary" &&
    method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;
  const isGet = takesGet && request.method === "GET";
  if (!isGet && request.method !== "POST") return wrongMethod(takesGet);
  const query = isGet ? new URLSearchParams(request.path.split("?").slice(1).join("?")) : undefined;
  const declared = field("content-type") ?? "";
  const protocol = protocolOf(declared);
  const form = protocols[protocol];
  const format = form.format(query ? typeOf(query) : declared);
  const isUnary = kind === "unary";
  // Connect has unary calls without envelopes, some of them by GET, and streams with.
  const isFitting = protocol === "connect"
    ? isUnary
    : !query && !(isUnary && protocol === "connect-stream");
  if (!format || !isFitting) return unknownType;
  const timeout = form.parseTimeout(short(field(form.timeout)), Infinity);
  const compression = compressionNegotiate(
    [gzipCompression],
    short(query ? query.get("compression") : field(form.encoding)),
    field(form.acceptEncoding),
    form.acceptEncoding,
  );
  return {
    ...{ protocol, form, binary: format.binary, timeoutMs: timeout.timeoutMs, query },
    ...{ compression: compression.request, gzip: compression.response !== null },
    error: compression.error ?? timeout.error,
    // The error says so as well, but connect-es takes it out of what an application says.
    hints: compression.error ? [[form.acceptEncoding, gzipCompression.name]] : [],
  };
}

/** The content type that a GET has in its query. */
function typeOf(query: URLSearchParams): string {
  const encoding = query.get("encoding") ?? "";
  return /^(proto|json)$/.test(encoding) ? `application/${encoding}` : "";
}

/** What a field says, with commas where it is there several times; null where it is not. */
function fieldsOf({ headers }: H2Request): (name: string) => string | null {
  return (name) => {
    const values = headers.filter(([each]) => each === name);
    return values.length === 0 ? null : values.map(([, value]) => value.trim()).join(", ");
  };
}

/** A value that is quoted when it is refused; one that is too long to mean anything is cut. */
function short(value: string | null): string | null {
  return value === null ? null : shortened(value, "...");
}
