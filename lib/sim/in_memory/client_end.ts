import type { Transport } from "../../vpp/mod.ts";
import type { End } from "./pipe.ts";

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
