import { concatenated, type H2Field, type H2Response } from "../h2/mod.ts";
import type { RequestHead } from "./head.ts";
import { pieceBytes } from "./limits.ts";
import { chunkHead, chunkOf, lastChunk, lineEnd, responseHead } from "./response_head.ts";
import type { ResponseFraming } from "./response_head.ts";

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
