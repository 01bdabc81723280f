import type { Clock, Timer } from "./clock.ts";

/** Comes up once, at the time that was set last. One timer, however often that is put off. */
export class Alarm {
  #at = Infinity;
  #timer: { readonly at: number; readonly timer: Timer } | undefined;
  #isClosed = false;

  constructor(
    private readonly clock: Pick<Clock, "now" | "after">,
    private readonly ring: () => void,
  ) {}

  /** It comes up in so many milliseconds, and not when it would have; with Infinity never. */
  set(ms: number): void {
    if (this.#isClosed) return;
    this.#at = this.clock.now() + ms;
    if (this.#at === Infinity || this.#timer && this.#timer.at <= this.#at) return;
    this.#timer?.timer.cancel();
    this.#arm(ms);
  }

  /** Whether it never comes up again. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** No timer is left, and none is set any more. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.timer.cancel();
  }

  #arm(ms: number): void {
    this.#timer = { at: this.#at, timer: this.clock.after(ms, () => this.#comeUp()) };
  }

  /** It may have been put off since the timer was set. */
  #comeUp(): void {
    this.#timer = undefined;
    if (this.#at === Infinity) return;
    const left = this.#at - this.clock.now();
    if (left > 0) this.#arm(left);
    else this.ring();
  }
}
