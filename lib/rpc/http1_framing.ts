/** Which side of a connection is followed. */
export type Http1Side = "request" | "response";

/** Where in a message the next byte belongs (RFC 9112 section 6). */
type State =
  /** Between messages, or in a start line and fields; `text` is what there is of them. */
  | { readonly kind: "head"; readonly text: string }
  | { readonly kind: "body"; readonly left: number }
  | { readonly kind: "chunk-size"; readonly text: string }
  /** The chunk and the CRLF after it. */
  | { readonly kind: "chunk"; readonly left: number }
  | { readonly kind: "trailers"; readonly text: string }
  /** Not understood, or ended by closing: everything belongs to one endless message. */
  | { readonly kind: "endless" };

/** Longest header section that is followed. */
const headBytes = 65_536;

const between: State = { kind: "head", text: "" };
const endless: State = { kind: "endless" };
const latin1 = new TextDecoder("latin1");

/**
 * Counts the messages that pass on one side of an HTTP/1.1 connection, so that whoever splices
 * its bytes knows a quiet stream from a peer that has nothing to say. It judges nothing: both
 * ends of the splice parse for themselves.
 */
export class Http1Framing {
  /** Messages whose last byte has passed. */
  complete = 0;
  #state: State = between;
  /** Of requests not yet answered, whether each asks for a header only. */
  readonly #bodiless: boolean[] = [];

  /** Responses need to know the requests of the same connection: HEAD is answered differently. */
  constructor(private readonly side: Http1Side, private readonly requests?: Http1Framing) {}

  /** Whether part of a message has passed and part of it is missing. */
  get partial(): boolean {
    return this.#state.kind !== "head" || this.#state.text !== "";
  }

  /** Whether the next request to be answered asks for a header only; asked once per response. */
  nextIsHead(): boolean {
    return this.#bodiless.shift() ?? false;
  }

  /** Follows bytes that pass. */
  pass(bytes: Uint8Array): void {
    for (let rest = bytes; rest.length > 0;) rest = this.#step(rest);
  }

  /** Consumes what belongs to the present state; returns the rest. */
  #step(bytes: Uint8Array): Uint8Array {
    const state = this.#state;
    switch (state.kind) {
      case "head":
        return this.#line(bytes, state.text, "\r\n\r\n", (head) => this.#headed(head));
      case "chunk-size":
        return this.#line(bytes, state.text, "\r\n", (line) => this.#sized(line));
      case "trailers":
        return this.#line(bytes, state.text, "\r\n", (line) => this.#trailed(line));
      case "body":
      case "chunk":
        return this.#skip(bytes, state);
      case "endless":
        return bytes.subarray(bytes.length);
    }
  }

  /** Collects text up to `end`, which may be split between pieces. */
  #line(bytes: Uint8Array, before: string, end: string, then: (text: string) => State): Uint8Array {
    const text = before + latin1.decode(bytes);
    const at = text.indexOf(end, Math.max(0, before.length - end.length));
    if (at < 0) {
      const { kind } = this.#state;
      const fits = text.length <= headBytes;
      this.#state = fits && (kind === "head" || kind === "chunk-size" || kind === "trailers")
        ? { kind, text }
        : endless;
      return bytes.subarray(bytes.length);
    }
    this.#state = then(text.slice(0, at));
    return bytes.subarray(at + end.length - before.length);
  }

  #skip(bytes: Uint8Array, state: State & { kind: "body" | "chunk" }): Uint8Array {
    const left = state.left - bytes.length;
    if (left > 0) {
      this.#state = { kind: state.kind, left };
      return bytes.subarray(bytes.length);
    }
    this.#state = state.kind === "chunk" ? { kind: "chunk-size", text: "" } : this.#finish();
    return bytes.subarray(state.left);
  }

  #headed(head: string): State {
    // An interim response announces another (RFC 9110 section 15.2).
    if (this.side === "response" && /^HTTP\/1\.\d 1\d\d/.test(head)) return between;
    if (this.side === "request") this.#bodiless.push(head.startsWith("HEAD "));
    else if (this.requests?.nextIsHead()) return this.#finish();
    if (/^transfer-encoding:.*chunked\s*$/im.test(head)) return { kind: "chunk-size", text: "" };
    const length = /^content-length:\s*(\d{1,15})\s*$/im.exec(head)?.[1];
    if (length !== undefined) return length === "0" ? this.#finish() : bodyOf(Number(length));
    return this.side === "request" ? this.#finish() : endless;
  }

  #sized(line: string): State {
    const size = /^[0-9a-f]{1,12}/i.exec(line)?.[0];
    if (size === undefined) return endless;
    const left = parseInt(size, 16);
    return left === 0 ? { kind: "trailers", text: "" } : { kind: "chunk", left: left + 2 };
  }

  #trailed(line: string): State {
    return line === "" ? this.#finish() : { kind: "trailers", text: "" };
  }

  #finish(): State {
    this.complete++;
    return between;
  }
}

function bodyOf(left: number): State {
  return { kind: "body", left };
}
