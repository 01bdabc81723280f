import type { ConnectError } from "@connectrpc/connect";
import type { H2Field, H2Request, H2Response } from "../h2/mod.ts";
import { webTextType } from "../port/mod.ts";
import { invalid } from "./errors.ts";

const binaryType = "application/grpc-web";

/** The same request without base64. */
export function fromWebText(request: H2Request): H2Request {
  const { method, scheme, authority, path, headers, body, trailers, peer, connection } = request;
  return {
    ...{ method, scheme, authority, path, trailers, peer, connection },
    headers: headers.map((field) => retyped(field, webTextType, binaryType)),
    body: decoded(body),
    get signal() {
      return request.signal;
    },
  };
}

/** The same response in base64. */
export function toWebText(response: H2Response): H2Response {
  const { headers, body } = response;
  return {
    ...response,
    headers: headers.map((field) =>
      retyped(field, /^application\/grpc-web(?=$|\+|;)/, `${binaryType}-text`)
    ),
    ...body && { body: new EncodedBody(body) },
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
  return invalid("the request is not base64");
}

/** Octets that become one piece of text; a multiple of three, so that only the last is padded. */
const pieceBytes = 48 * 1024;

/**
 * A body in base64, made piece by piece as it is asked for: what many are sent must not be copied
 * for each. No generator, whose `return` says nothing to the body unless it was begun.
 */
class EncodedBody implements AsyncIterableIterator<Uint8Array> {
  readonly #body: AsyncIterator<Uint8Array>;
  readonly #encoder = new TextEncoder();
  #rest: Uint8Array = new Uint8Array();

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#body = body[Symbol.asyncIterator]();
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    while (this.#rest.length === 0) {
      const { value, done } = await this.#body.next();
      if (done) return { done, value: undefined };
      this.#rest = value;
    }
    const piece = this.#rest.subarray(0, pieceBytes);
    this.#rest = this.#rest.subarray(pieceBytes);
    return { done: false, value: this.#encoder.encode(piece.toBase64()) };
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    await this.#body.return?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
