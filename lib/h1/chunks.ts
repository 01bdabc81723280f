import type { H2Field } from "../h2/mod.ts";
import { BadRequest } from "./errors.ts";
import { decodeLatin1, parseField } from "./field.ts";
import type { Input } from "./input.ts";

/** Where in a chunked body the next octet belongs (RFC 9112 section 7.1). */
type State =
  | LineState
  | { readonly kind: "data"; readonly left: number }
  | { readonly kind: "done" };

/** In a line, of which `line` is there; the one behind a chunk is empty. */
interface LineState {
  readonly kind: "size" | "data end" | "trailer";
  readonly line: string;
}

/** Longest line that tells a chunk's size, with its extensions; nobody uses those. */
const sizeLineBytes = 256;

/** Eight digits are 4 GiB: more than any message may have. */
const sizeLine = /^([0-9A-Fa-f]{1,8})[ \t]*(?:;[\t\x20-\x7e]*)?$/;

/** Takes a chunked body apart, in whatever pieces it comes. */
export class ChunkDecoder {
  #state: State = { kind: "size", line: "" };
  #trailerLeft: number;
  readonly #trailers: H2Field[] = [];

  /** `trailerBytes` is the most that the trailer fields may take. */
  constructor(trailerBytes: number) {
    this.#trailerLeft = trailerBytes;
  }

  /** Whether the last chunk and the trailers have been read. */
  get done(): boolean {
    return this.#state.kind === "done";
  }

  /** The trailer fields read so far. */
  get trailers(): readonly H2Field[] {
    return this.#trailers;
  }

  /**
   * Reads from the start of `octets`: how many it has used, and the part of them that is data, if
   * there is any. To be called again with the rest. Throws {@link BadRequest}.
   */
  read(octets: Uint8Array): { readonly used: number; readonly data: Uint8Array | undefined } {
    const state = this.#state;
    switch (state.kind) {
      case "size":
        return this.#line(octets, state, sizeLineBytes, (line) => this.#sized(line));
      case "data":
        return this.#data(octets, state.left);
      case "data end":
        return this.#line(octets, state, 2, () => ({ kind: "size", line: "" }));
      case "trailer":
        return this.#line(octets, state, this.#trailerLeft, (line) => this.#trailed(line));
      case "done":
        return { used: 0, data: undefined };
    }
  }

  /** Takes the next octets of data off the input; undefined when more are needed. */
  next(input: Input): Uint8Array | undefined {
    while (!this.done && input.octets.length > 0) {
      const { used, data } = this.read(input.octets);
      input.consume(used);
      if (data) return data;
    }
    return undefined;
  }

  /** Collects a line up to its CRLF, of `most` octets with it. */
  #line(
    octets: Uint8Array,
    { kind, line }: LineState,
    most: number,
    then: (line: string) => State,
  ): { readonly used: number; readonly data: undefined } {
    const at = octets.indexOf(lineFeed);
    const used = at < 0 ? octets.length : at + 1;
    if (line.length + used > most) {
      const what = kind === "data end" ? "a chunk is longer than its size" : "a line is too long";
      throw new BadRequest(400, what);
    }
    const text = line + decodeLatin1(octets.subarray(0, used));
    if (at < 0) this.#state = { kind, line: text };
    else if (text.endsWith("\r\n")) this.#state = then(text.slice(0, -2));
    else throw new BadRequest(400, "a line ends without CR");
    return { used, data: undefined };
  }

  #data(octets: Uint8Array, left: number): { readonly used: number; readonly data: Uint8Array } {
    const data = octets.subarray(0, left);
    this.#state = data.length < left
      ? { kind: "data", left: left - data.length }
      : { kind: "data end", line: "" };
    return { used: data.length, data };
  }

  #sized(line: string): State {
    const [, digits] = sizeLine.exec(line) ?? [];
    if (digits === undefined) throw new BadRequest(400, "the size of a chunk is malformed");
    const left = parseInt(digits, 16);
    return left === 0 ? { kind: "trailer", line: "" } : { kind: "data", left };
  }

  #trailed(line: string): State {
    this.#trailerLeft -= line.length + 2;
    if (line === "") return { kind: "done" };
    this.#trailers.push(parseField(line));
    return { kind: "trailer", line: "" };
  }
}

const lineFeed = 0x0a;
