import type { Call, Dump } from "../binapi/mod.ts";
import type { Clock, Timer } from "../time/mod.ts";
import { TimeoutError } from "./errors.ts";

/** A request whose answer has not come. */
export interface Waiting {
  readonly exchange: Call | Dump;
  /** Takes the details of a dump. */
  each(details: unknown): void;
  readonly allowedMs: number;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

interface Entry {
  readonly waiting: Waiting;
  readonly expiresAt: number;
}

/** Deadlines are looked at this often: a timer per request costs more than the request. */
const sweepMs = 250;

/** Requests in flight by context, with their deadlines. */
export class PendingRequests {
  readonly #entries = new Map<number, Entry>();
  #timer: Timer | undefined;
  #lastContext = 0;

  constructor(
    private readonly clock: Clock,
    private readonly expired: (waiting: Waiting) => void,
  ) {}

  /** Requests in flight. */
  get size(): number {
    return this.#entries.size;
  }

  /** Remembers a request and returns the context to send it with. */
  add(waiting: Waiting): number {
    const context = this.#freeContext();
    this.#entries.set(context, { waiting, expiresAt: this.clock.now() + waiting.allowedMs });
    this.#timer ??= this.clock.after(sweepMs, () => this.#sweep());
    return context;
  }

  /** The request that `context` belongs to, which stays in flight. */
  get(context: number): Waiting | undefined {
    return this.#entries.get(context)?.waiting;
  }

  /** The same, no longer in flight. */
  take(context: number): Waiting | undefined {
    const waiting = this.get(context);
    this.#entries.delete(context);
    return waiting;
  }

  /** Rejects everything with `error` and waits for nothing any more. */
  rejectAll(error: Error): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const context of [...this.#entries.keys()]) this.take(context)?.reject(error);
  }

  #freeContext(): number {
    do this.#lastContext = this.#lastContext % 0xffffffff + 1; while (
      this.#entries.has(this.#lastContext)
    );
    return this.#lastContext;
  }

  #sweep(): void {
    this.#timer = undefined;
    const now = this.clock.now();
    for (const [context, { expiresAt }] of this.#entries) {
      if (expiresAt > now) continue;
      const waiting = this.take(context);
      if (!waiting) continue;
      this.expired(waiting);
      waiting.reject(new TimeoutError(waiting.exchange.request.name, waiting.allowedMs));
    }
    if (this.#entries.size > 0) this.#timer ??= this.clock.after(sweepMs, () => this.#sweep());
  }
}
