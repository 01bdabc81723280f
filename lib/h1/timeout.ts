import type { Clock, Timer } from "../time/mod.ts";

/** When a connection has waited too long. One timer, however often that is moved. */
export class Timeout {
  #at = Infinity;
  #timer: { readonly at: number; readonly timer: Timer } | undefined;

  /** `expired` is called when it passes, once for each that was set. */
  constructor(
    private readonly clock: Pick<Clock, "now" | "after">,
    private readonly expired: () => void,
  ) {}

  /** Sets or moves it to `ms` from now. */
  set(ms: number): void {
    this.#at = this.clock.now() + ms;
    if (this.#timer && this.#timer.at <= this.#at) return;
    this.#timer?.timer.cancel();
    this.#arm();
  }

  /** There is nothing to wait for. */
  clear(): void {
    this.#at = Infinity;
  }

  /** Frees the timer; nothing expires any more. */
  stop(): void {
    this.#timer?.timer.cancel();
    this.#timer = undefined;
  }

  #arm(): void {
    const timer = this.clock.after(this.#at - this.clock.now(), () => this.#rang());
    this.#timer = { at: this.#at, timer };
  }

  /** It may have been moved to a later moment since the timer was set. */
  #rang(): void {
    this.#timer = undefined;
    if (this.#at === Infinity) return;
    if (this.clock.now() < this.#at) return this.#arm();
    this.expired();
  }
}
