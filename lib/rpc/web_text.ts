import { Code, ConnectError } from "@connectrpc/connect";
import type { H2Field, H2Request, H2Response } from "../h2/mod.ts";

/** gRPC-Web in base64, for browsers' requests that can carry text only. */
const textType = /^application\/grpc-web-text(?=$|\+|;)/i;
const binaryType = "application/grpc-web";

/** Whether a content type is that of gRPC-Web in base64. */
export function isWebText(contentType: string): boolean {
  return textType.test(contentType);
}

/** The same request without base64. */
export function fromWebText(request: H2Request): H2Request {
  const { method, scheme, authority, path, headers, body, trailers, peer, connection } = request;
  return {
    ...{ method, scheme, authority, path, trailers, peer, connection },
    headers: headers.map((field) => retyped(field, textType, binaryType)),
    body: decoded(body),
    get signal() {
      return request.signal;
    },
  };
}

/** The same response in base64. */
export function toWebText({ status, headers, body, trailers }: H2Response): H2Response {
  return {
    status,
    headers: headers.map((field) =>
      retyped(field, /^application\/grpc-web(?=$|\+|;)/, `${binaryType}-text`)
    ),
    ...body && { body: encoded(body) },
    ...trailers && { trailers },
  };
}

function retyped([name, value]: H2Field, from: RegExp, to: string): H2Field {
  return [name, name === "content-type" ? value.replace(from, to) : value];
}

/** Clients may pad wherever they have sent what they had. */
const padded = /[^=]+=*/g;

async function* decoded(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const decoder = new TextDecoder("latin1");
  let text = "";
  for await (const chunk of body) {
    text += decoder.decode(chunk);
    const whole = text.length - text.length % 4;
    yield* octetsOf(text.slice(0, whole));
    text = text.slice(whole);
  }
  if (text !== "") throw notBase64();
}

function* octetsOf(text: string): Iterable<Uint8Array> {
  for (const [part] of text.matchAll(padded)) {
    try {
      yield Uint8Array.fromBase64(part, { lastChunkHandling: "strict" });
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw notBase64();
    }
  }
}

function notBase64(): ConnectError {
  return new ConnectError("the request is not base64", Code.InvalidArgument);
}

/** Octets that become one piece of text; a multiple of three, so that only the last is padded. */
const pieceBytes = 48 * 1024;

/** Piece by piece, as they are asked for: what many are sent must not be copied for each. */
async function* encoded(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const encoder = new TextEncoder();
  for await (const chunk of body) {
    for (let at = 0; at < chunk.length; at += pieceBytes) {
      yield encoder.encode(chunk.subarray(at, at + pieceBytes).toBase64());
    }
  }
}
