import { denied, resync, type Subscriber } from "./broadcast.ts";

/** What may wait for one browser. */
export interface BrowserLimits {
  readonly messages: number;
  /** In octets. They are shared with all others, so this is how far behind a browser may be. */
  readonly bytes: number;
}

/** Further behind, to read everything anew is less than what waits. */
export const defaultBrowserLimits: BrowserLimits = { messages: 500, bytes: 4 * 1024 * 1024 };

/**
 * The messages for one browser, as the body of its response. One that reads too slowly is told to
 * read everything anew in place of all that waits for it, and cut off.
 */
export class BrowserStream implements Subscriber, AsyncIterable<Uint8Array> {
  readonly #waiting: Uint8Array[] = [];
  #bytes = 0;
  #wake: (() => void) | undefined;
  #isOver = false;

  /** Nothing waits yet. `cutOff` is told when it reads too slowly. */
  constructor(
    private readonly limits: BrowserLimits,
    private readonly cutOff: () => void,
  ) {}

  send(octets: Uint8Array): void {
    if (this.#isOver) return;
    this.#waiting.push(octets);
    this.#bytes += octets.length;
    if (this.#waiting.length > this.limits.messages || this.#bytes > this.limits.bytes) {
      this.#waiting.splice(0, Infinity, resync);
      this.cutOff();
      this.end();
    }
    this.#wake?.();
  }

  /** Ends the response of somebody who may not look any more: what waits is not told. */
  dismiss(): void {
    if (this.#isOver) return;
    this.#waiting.splice(0, Infinity, denied);
    this.end();
  }

  /** Ends the response. Idempotent. */
  end(): void {
    this.#isOver = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    while (true) {
      const next = this.#waiting.shift();
      if (next) {
        this.#bytes -= next.length;
        yield next;
      } else if (this.#isOver) return;
      else await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }
}
