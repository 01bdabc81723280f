import type { Clock, Timer } from "../../time/mod.ts";

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
