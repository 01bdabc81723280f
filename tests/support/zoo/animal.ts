import type { Socket } from "node:net";

/** How an animal is to be looked at. */
export type Look =
  /** http without a response-regexp. */
  | "http"
  /** http with one that its body does not match. */
  | "http body"
  /** tcp with ssl. */
  | "tls"
  /** https without a response-regexp. */
  | "https"
  /** https with one that its body does not match. */
  | "https body";

/** One hostile or broken server. */
export interface Animal {
  readonly name: string;
  readonly look: Look;
  /**
   * What a probe has to make of it: `CODE detail`. A code that ends in TOUT is for the timeout;
   * all others come by themselves, however long the timeout is.
   */
  readonly expected: RegExp;
  /** Whether the connection is TLS, with the keeper's certificate, before `serve` has it. */
  readonly speaksTls?: boolean;
  /** What it does to one client; `cage.gone` says that the client went away. */
  readonly serve: (cage: Cage) => void | Promise<void>;
}

/** An animal's side of one connection. */
export class Cage {
  #gone = false;
  #wake = () => {};

  constructor(readonly socket: Socket) {
    const leave = () => {
      this.#gone = true;
      this.#wake();
    };
    socket.on("close", leave);
    socket.on("drain", () => this.#wake());
    // The client resets the connection when it has seen enough.
    socket.on("error", leave);
  }

  /** Whether the client went away. */
  get gone(): boolean {
    return this.#gone;
  }

  /** Resolves when the client has sent something, or went away. */
  async request(): Promise<void> {
    const came = Promise.withResolvers<void>();
    this.#wake = came.resolve;
    this.socket.once("data", () => came.resolve());
    if (!this.#gone) await came.promise;
    this.socket.resume();
  }

  /** Sends; resolves when there is room for more, or the client went away. */
  async send(data: string | Uint8Array): Promise<void> {
    if (this.#gone) return;
    const room = Promise.withResolvers<void>();
    this.#wake = room.resolve;
    if (this.socket.write(typeof data === "string" ? bytesOf(data) : data)) return;
    if (!this.#gone) await room.promise;
  }

  /** Sends `first` and then `piece` again and again, until the client goes away. */
  async flood(first: string | Uint8Array, piece: string | Uint8Array): Promise<void> {
    await this.send(first);
    const one = typeof piece === "string" ? bytesOf(piece) : piece;
    const many = repeated(one, Math.max(1, Math.floor(262_144 / one.length)));
    while (!this.#gone) {
      await this.send(many);
      // Others live here, too.
      await new Promise((resolve) => setTimeout(resolve));
    }
  }

  /** Sends `bytes` one every 100 ms, until the client goes away. */
  async drip(bytes: string | Uint8Array): Promise<void> {
    for (const byte of typeof bytes === "string" ? bytesOf(bytes) : bytes) {
      if (this.#gone) return;
      await this.send(Uint8Array.of(byte));
      await this.#pause(100);
    }
  }

  /** Resets the connection. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  async #pause(ms: number): Promise<void> {
    const over = Promise.withResolvers<void>();
    this.#wake = over.resolve;
    const timer = setTimeout(over.resolve, ms);
    if (!this.#gone) await over.promise;
    clearTimeout(timer);
  }
}

/** Characters as bytes of the same number. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** `bytes`, `count` times. */
export function repeated(bytes: Uint8Array, count: number): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(bytes.length * count);
  for (let i = 0; i < count; i++) all.set(bytes, i * bytes.length);
  return all;
}

/** Bytes that look like nothing, the same each time. */
export function noise(length: number): Uint8Array<ArrayBuffer> {
  let state = 0x2026_1121;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}
