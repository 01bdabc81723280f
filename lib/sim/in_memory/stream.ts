import type { Clock, Timer } from "../../time/mod.ts";
import type { Transport } from "../../vppclient/mod.ts";

/** How a stream ends: in order, or with data that nobody read. */
export type End = "end" | "reset";

/** Bytes on their way, or the end of the stream. */
interface Piece {
  bytes: Uint8Array | End;
  /** Whether it arrives whatever happens to the sender. */
  left: boolean;
  readonly timer: Timer;
}

/** What a pipe works with. */
export interface PipeOptions {
  readonly clock: Clock;
  /** Milliseconds that the next piece takes. */
  readonly delayMs: () => number;
  readonly arrive: (bytes: Uint8Array) => void;
  readonly end: (end: End) => void;
}

/**
 * One direction of a connection without sockets: each piece takes a while of its own by the clock,
 * and none overtakes another.
 */
export class Pipe {
  readonly #options: PipeOptions;
  readonly #pieces: Piece[] = [];
  #lastAt = 0;

  constructor(options: PipeOptions) {
    this.#options = options;
  }

  /** Bytes on their way. */
  get inFlight(): number {
    return this.#pieces.reduce((sum, { bytes }) => sum + lengthOf(bytes), 0);
  }

  /** Sends bytes, or the end behind all that is on its way. */
  push(bytes: Uint8Array | End): void {
    const { clock, delayMs } = this.#options;
    const now = clock.now();
    this.#lastAt = Math.max(this.#lastAt, now + delayMs());
    const timer = clock.after(this.#lastAt - now, () => this.#deliver());
    this.#pieces.push({ bytes, left: false, timer });
  }

  /** From now on nothing that was pushed so far can be lost. */
  settle(): void {
    for (const piece of this.#pieces) piece.left = true;
  }

  /** The sender is gone: `share`, from 0 to 1, of what has not left by then still arrives. */
  cut(share: number): void {
    const staying = this.#pieces.filter(({ left }) => left).length;
    const doubtful = this.#pieces.slice(staying).reduce(
      (sum, { bytes }) => sum + lengthOf(bytes),
      0,
    );
    let kept = Math.floor(share * doubtful);
    for (const piece of this.#pieces.splice(staying)) {
      const length = Math.min(kept, lengthOf(piece.bytes));
      kept -= length;
      if (length === 0) piece.timer.cancel();
      else this.#pieces.push({ ...piece, bytes: cutTo(piece.bytes, length) });
    }
  }

  /** Nothing arrives any more. */
  stop(): void {
    for (const { timer } of this.#pieces.splice(0)) timer.cancel();
  }

  /** The first piece, whichever timer it was: clocks may fire those of one moment in any order. */
  #deliver(): void {
    const piece = this.#pieces.shift();
    if (!piece) return;
    if (typeof piece.bytes === "string") this.#options.end(piece.bytes);
    else this.#options.arrive(piece.bytes);
  }
}

function lengthOf(bytes: Uint8Array | End): number {
  return typeof bytes === "string" ? 0 : bytes.length;
}

function cutTo(bytes: Uint8Array | End, length: number): Uint8Array | End {
  return typeof bytes === "string" ? bytes : bytes.subarray(0, length);
}

/** What the client's end needs of the connection. */
export interface Wire {
  /** Bytes that VPP has yet to read; undefined when it has closed its end. */
  readonly backlog: () => number | undefined;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Takes bytes to VPP. */
  readonly send: (bytes: Uint8Array) => void;
  /** Tells VPP that the client has gone. */
  readonly hangUp: () => void;
}

/** What a Unix socket holds for a reader that does not read, about. */
const socketBuffer = 208 * 1024;

/** One read or write in so many takes less than it could. */
const shortEvery = 8;

interface Waiting<T> {
  readonly bytes: Uint8Array;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The client's end. As on a Unix socket, reads and writes may take only a part, a write waits
 * while VPP does not read, and everything fails as Deno's own connections do.
 */
export class ClientEnd implements Transport {
  readonly #wire: Wire;
  readonly #arrived: Uint8Array[] = [];
  #state: "open" | End | "closed" = "open";
  #reading: Waiting<number | null> | undefined;
  #writing: Waiting<number> | undefined;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  read(into: Uint8Array): Promise<number | null> {
    return new Promise((resolve, reject) => {
      if (this.#state === "closed") throw closedError();
      this.#reading = { bytes: into, resolve, reject };
      this.#serveReader();
    });
  }

  write(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#state === "closed") throw closedError();
      this.#writing = { bytes, resolve, reject };
      this.progress();
    });
  }

  close(): void {
    if (this.#state === "closed") throw closedError();
    this.#state = "closed";
    const interrupted = new Deno.errors.Interrupted("operation canceled");
    this.#reading?.reject(interrupted);
    this.#writing?.reject(interrupted);
    this.#reading = this.#writing = undefined;
    this.#arrived.length = 0;
    this.#wire.hangUp();
  }

  /** Bytes from VPP. */
  arrive(bytes: Uint8Array): void {
    if (this.#state === "closed") return;
    this.#arrived.push(bytes);
    this.#serveReader();
  }

  /** The end of what VPP has to say. */
  end(end: End): void {
    if (this.#state !== "open") return;
    this.#state = end;
    this.#serveReader();
  }

  /** VPP has read something, or reads no more. */
  progress(): void {
    const waiting = this.#writing;
    if (!waiting) return;
    const backlog = this.#wire.backlog();
    if (backlog === undefined) {
      this.#writing = undefined;
      return waiting.reject(new Deno.errors.BrokenPipe("Broken pipe (os error 32)"));
    }
    const room = socketBuffer - backlog;
    if (room <= 0) return;
    this.#writing = undefined;
    const taken = waiting.bytes.slice(0, this.#maybeShort(Math.min(room, waiting.bytes.length)));
    this.#wire.send(taken);
    waiting.resolve(taken.length);
  }

  #serveReader(): void {
    const waiting = this.#reading;
    if (!waiting) return;
    const first = this.#arrived.shift();
    if (first) {
      this.#reading = undefined;
      const length = this.#maybeShort(Math.min(first.length, waiting.bytes.length));
      waiting.bytes.set(first.subarray(0, length));
      if (length < first.length) this.#arrived.unshift(first.subarray(length));
      return waiting.resolve(length);
    }
    if (this.#state === "open") return;
    this.#reading = undefined;
    if (this.#state === "end") return waiting.resolve(null);
    this.#state = "end";
    waiting.reject(new Deno.errors.ConnectionReset("Connection reset by peer (os error 104)"));
  }

  #maybeShort(length: number): number {
    const { random } = this.#wire;
    return random() * shortEvery < 1 ? 1 + Math.floor(random() * length) : length;
  }
}

function closedError(): Error {
  return new Deno.errors.BadResource("Bad resource ID");
}
