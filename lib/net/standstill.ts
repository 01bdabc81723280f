/** How often a thread says that it runs, in milliseconds. */
export const beatMs = 100;

/** Silent for longer than this after a beat was due, it stood still. */
const stallMs = 100;

/**
 * For how long a thread stood still, because the process was stopped or got no CPU, or since some work
 * took that long: found out from beats that come late, whoever runs first afterwards. What is shorter
 * than {@link stallMs} does not count, and of what is longer {@link beatMs} may be missing. A thread
 * without beats never stands still.
 */
export class Standstill {
  #dueAt = Infinity;
  #lostMs = 0;

  /** The thread runs at `now`, as it will {@link beatMs} later. */
  beat(now: number): void {
    this.lostMs(now);
    this.#dueAt = now + beatMs;
  }

  /** How many milliseconds were lost until `now` since the first beat. */
  lostMs(now: number): number {
    const lateMs = now - this.#dueAt;
    if (lateMs > stallMs) {
      this.#lostMs += lateMs;
      this.#dueAt = now;
    }
    return this.#lostMs;
  }
}
