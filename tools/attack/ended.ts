import { ACK, END_STREAM, types } from "../../tests/h2/support/wire.ts";

const headOctets = 9;

/** Counts in a server's octets the streams that have ended, and looks at nothing else. */
export class Ended {
  /** Resolves when so many have ended, the peer has answered a PING, or the connection ends. */
  readonly all: Promise<void>;
  /** So many so far. */
  count = 0;
  #done: () => void = () => {};
  /** Of a frame's head that came in pieces. */
  readonly #head = new Uint8Array(headOctets);
  #headLength = 0;
  /** Octets of the frame's payload still to come. */
  #payload = 0;

  constructor(private readonly wanted: number) {
    this.all = new Promise((resolve) => this.#done = resolve);
  }

  /** What has come. */
  take(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      if (this.#payload > 0) {
        const skipped = Math.min(this.#payload, bytes.length - at);
        this.#payload -= skipped;
        at += skipped;
        continue;
      }
      const piece = bytes.subarray(at, at + headOctets - this.#headLength);
      this.#head.set(piece, this.#headLength);
      this.#headLength += piece.length;
      at += piece.length;
      if (this.#headLength === headOctets) this.#frame();
    }
  }

  #frame(): void {
    const [high = 0, middle = 0, low = 0, type = 0, flags = 0] = this.#head;
    this.#headLength = 0;
    this.#payload = high * 65_536 + middle * 256 + low;
    const isLast = type <= types.HEADERS && (flags & END_STREAM) !== 0;
    if (isLast || type === types.RST_STREAM) this.count++;
    const isPong = type === types.PING && (flags & ACK) !== 0;
    if (this.count >= this.wanted || isPong || type === types.GOAWAY) this.#done();
  }
}
