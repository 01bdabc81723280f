import type { Clock, Timer } from "../time/mod.ts";

/** Comes up once, at the time that was set last. */
export class Alarm {
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(private readonly clock: Clock, private readonly ring: () => void) {}

  /** It comes up in so many milliseconds, and not when it would have; with Infinity never. */
  set(ms: number): void {
    this.#timer?.cancel();
    if (this.#isClosed || ms === Infinity) return;
    this.#timer = this.clock.after(ms, this.ring);
  }

  /** Whether it never comes up again. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** No timer is left, and none is set any more. */
  close(): void {
    this.#isClosed = true;
    this.set(Infinity);
  }
}
