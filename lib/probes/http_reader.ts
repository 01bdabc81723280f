import {
  isEmptyLine,
  parseChunkSize,
  parseContentLength,
  parseHeaderLine,
  parseStatusLine,
  startsStatusLine,
} from "./http_lines.ts";

/** Longest line of a head, or of a chunk's size, in bytes. */
const lineRoom = 8192;
/** Longest head in bytes, interim ones (1xx) included. */
const headRoom = 32768;
/** Bytes of a body that are kept, which a response-regexp sees; there the reading ends. */
export const bodyRoom = 65536;
/** Bytes of framing around them: room for chunks of one byte each, which have five around them. */
const framingRoom = 5 * bodyRoom;

const LF = 10;
const switchingProtocols = 101;
/** What a body's buffer starts with. */
const smallestBody = 1024;
const nothing: Uint8Array<ArrayBuffer> = new Uint8Array(0);
const notHttp = "not an HTTP/1 response";

/** What the next bytes are. */
type State =
  | "status"
  | "header"
  | "sized body"
  | "endless body"
  | "chunk size"
  | "chunk data"
  | "chunk end";

/** Where a reader stands, for whoever feeds it. */
export type HttpProgress =
  /** The final status line and headers are not complete yet. */
  | "head"
  /** Headers are complete, the body is not. */
  | "body"
  /** The body is complete, or as much of it as is wanted. */
  | "complete"
  /** This is not a response that can be understood; `problem` says why. */
  | "malformed";

/**
 * Reads one HTTP/1.x response (RFC 9112) from pieces of any size, to the same result however they
 * are cut. Keeps at most one line and {@link bodyRoom} bytes, and wants no more than 425 KiB in all,
 * whatever it is sent. Pure.
 */
export class HttpReader {
  #state: State = "status";
  #progress: HttpProgress = "head";
  #headBytes = 0;
  #framingBytes = 0;
  /** A line that has not ended yet. */
  #line: Uint8Array | undefined;
  #lineLength = 0;
  /** Bytes left of a sized body or of a chunk. */
  #left = 0;
  #contentLength: number | undefined;
  #transferCoding: string | undefined;
  #body = nothing;
  #bodyLength = 0;
  #status = 0;
  #problem = "";
  #header: string | undefined;
  readonly #wantsBody: boolean;
  readonly #wantedHeader: Uint8Array | undefined;

  /**
   * Without `wantsBody` the response counts as complete when its head is. `wantedHeader` is the name of
   * a header whose value is kept, in lower case.
   */
  constructor(wantsBody = true, wantedHeader: Uint8Array | undefined = undefined) {
    this.#wantsBody = wantsBody;
    this.#wantedHeader = wantedHeader;
  }

  /** Where the reader stands. */
  get progress(): HttpProgress {
    return this.#progress;
  }

  /** The status code of the final response once its head is complete. */
  get status(): number {
    return this.#status;
  }

  /**
   * The value of the wanted header, the first if there are several: octets as the characters of the
   * same number. Undefined without that header.
   */
  get header(): string | undefined {
    return this.#header;
  }

  /** Why the response is malformed. */
  get problem(): string {
    return this.#problem;
  }

  /** What was kept of the body, without chunk framing; content codings are left as they are. */
  get body(): Uint8Array<ArrayBuffer> {
    return this.#body.subarray(0, this.#bodyLength);
  }

  /** Reads the first `length` bytes of `bytes`. */
  push(bytes: Uint8Array, length: number = bytes.length): void {
    let at = 0;
    while (at < length && (this.#progress === "head" || this.#progress === "body")) {
      at = this.#readsData()
        ? this.#pushData(bytes, at, length)
        : this.#pushLine(bytes, at, length);
    }
  }

  /** The peer has closed: the end of some bodies, too early for everything else. */
  end(): void {
    if (this.#progress === "head") {
      const silent = this.#headBytes === 0 && this.#lineLength === 0;
      this.#fail(`connection closed ${silent ? "before a response" : "within the headers"}`);
    } else if (this.#progress === "body") {
      if (this.#state === "endless body") this.#progress = "complete";
      else this.#fail("connection closed within the body");
    }
  }

  #readsData(): boolean {
    const state = this.#state;
    return state === "sized body" || state === "endless body" || state === "chunk data";
  }

  /** Takes bytes up to the next line feed; a line that is in one piece is read in place. */
  #pushLine(bytes: Uint8Array, from: number, length: number): number {
    // No further than what makes the line too long, so that a cut changes nothing.
    const limit = Math.min(length, from + lineRoom + 1 - this.#lineLength);
    let to = from;
    while (to < limit && bytes[to] !== LF) to++;
    if (to < limit && this.#lineLength === 0) {
      this.#readLine(bytes, from, to);
      return to + 1;
    }
    const line = this.#keep(bytes, from, to);
    if (this.#state === "status" && !startsStatusLine(line, 0, this.#lineLength)) {
      this.#fail(notHttp);
    } else if (this.#lineLength > lineRoom) {
      this.#fail(`line over ${lineRoom} bytes`);
    } else if (to < limit) {
      const lineLength = this.#lineLength;
      this.#lineLength = 0;
      this.#readLine(line, 0, lineLength);
    }
    return to + 1;
  }

  #keep(bytes: Uint8Array, from: number, to: number): Uint8Array {
    const line = this.#line ??= new Uint8Array(lineRoom + 1);
    line.set(bytes.subarray(from, to), this.#lineLength);
    this.#lineLength += to - from;
    return line;
  }

  #readLine(line: Uint8Array, from: number, to: number): void {
    switch (this.#state) {
      case "status":
        this.#readStatus(line, from, to);
        return this.#countHead(to - from);
      case "header":
        this.#readHeader(line, from, to);
        return this.#countHead(to - from);
      case "chunk size":
        this.#readChunkSize(line, from, to);
        return this.#countFraming(to - from);
      default:
        if (isEmptyLine(line, from, to)) this.#state = "chunk size";
        else this.#fail("malformed chunk");
        return this.#countFraming(to - from);
    }
  }

  /** Extensions make chunks as long as the peer likes (RFC 9112 section 7.1.1). */
  #countFraming(bytes: number): void {
    this.#framingBytes += bytes + 1;
    if (this.#framingBytes > framingRoom && this.#progress === "body") {
      this.#fail(`framing of chunks over ${framingRoom} bytes`);
    }
  }

  #countHead(bytes: number): void {
    this.#headBytes += bytes + 1;
    if (this.#headBytes > headRoom && this.#progress === "head") {
      this.#fail(`headers over ${headRoom} bytes`);
    }
  }

  #readStatus(line: Uint8Array, from: number, to: number): void {
    const status = parseStatusLine(line, from, to);
    if (status === undefined) return this.#fail(notHttp);
    this.#status = status;
    this.#state = "header";
  }

  #readHeader(line: Uint8Array, from: number, to: number): void {
    const header = parseHeaderLine(line, from, to, this.#wantedHeader);
    switch (header.kind) {
      case "end":
        return this.#endHead();
      case "other":
        return;
      case "malformed":
        return this.#fail("malformed header");
      case "transfer-encoding":
        this.#transferCoding = header.value;
        return;
      case "wanted":
        this.#header ??= header.value;
        return;
      case "content-length": {
        if (!this.#wantsBody) return;
        const length = parseContentLength(header.value);
        const conflict = this.#contentLength !== undefined && this.#contentLength !== length;
        if (length === undefined || conflict) return this.#fail("invalid content-length");
        this.#contentLength = length;
      }
    }
  }

  /** RFC 9112 section 6.3: what tells where the body ends. */
  #endHead(): void {
    if (this.#status < 200 && this.#status !== switchingProtocols) return this.#restart();
    this.#progress = this.#wantsBody ? "body" : "complete";
    if (this.#status === 204 || this.#status === 304 || this.#status === switchingProtocols) {
      this.#progress = "complete";
    } else if (this.#transferCoding !== undefined) {
      const chunked = /(?:^|,)[ \t]*chunked$/i.test(this.#transferCoding);
      this.#state = chunked ? "chunk size" : "endless body";
    } else if (this.#contentLength !== undefined) {
      this.#left = this.#contentLength;
      this.#state = "sized body";
      if (this.#left === 0) this.#progress = "complete";
    } else {
      this.#state = "endless body";
    }
  }

  /** After an interim response (RFC 9110 section 15.2) comes another one. */
  #restart(): void {
    this.#state = "status";
    this.#contentLength = undefined;
    this.#transferCoding = undefined;
    this.#header = undefined;
  }

  #readChunkSize(line: Uint8Array, from: number, to: number): void {
    const size = parseChunkSize(line, from, to);
    if (size === undefined) return this.#fail("malformed chunk");
    this.#left = size;
    this.#state = "chunk data";
    // Trailers follow; nobody asks for them.
    if (size === 0) this.#progress = "complete";
  }

  #pushData(bytes: Uint8Array, from: number, length: number): number {
    const endless = this.#state === "endless body";
    const room = Math.min(length - from, bodyRoom - this.#bodyLength);
    const count = endless ? room : Math.min(room, this.#left);
    this.#append(bytes, from, count);
    if (!endless) this.#left -= count;
    if (this.#bodyLength === bodyRoom) this.#progress = "complete";
    else if (this.#state === "sized body" && this.#left === 0) this.#progress = "complete";
    else if (this.#state === "chunk data" && this.#left === 0) this.#state = "chunk end";
    return from + count;
  }

  #append(bytes: Uint8Array, from: number, count: number): void {
    const needed = this.#bodyLength + count;
    if (needed > this.#body.length) {
      const room = Math.max(needed, Math.min(2 * this.#body.length, bodyRoom), smallestBody);
      const grown = new Uint8Array(room);
      grown.set(this.body);
      this.#body = grown;
    }
    this.#body.set(bytes.subarray(from, from + count), this.#bodyLength);
    this.#bodyLength = needed;
  }

  #fail(problem: string): void {
    this.#problem = problem;
    this.#progress = "malformed";
  }
}
