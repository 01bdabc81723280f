import type { Clock } from "../time/mod.ts";

/** The longest time that a reconnect may take: its backoff, in milliseconds. */
const reconnectMs = 5_500;
/** After this time a request without an answer ends the connection, in milliseconds. */
const requestDeadlineMs = 10_000;

/** For how long VPP may hold something else than is desired, and carry out what was decided before. */
export class Disturbance {
  /** Faults are in force whose consequences only a check's calm ends. */
  isLasting = false;
  /** Until then VPP may hold something else, since it or the way to it was disturbed. */
  #until = 0;
  /** How long the last standstill was, and until when what was sent before it may still arrive. */
  #stall = { ms: 0, until: 0 };
  /** Since when VPP may hold requests back that it was sent. */
  #hungSince: number | undefined;

  /** There is none yet, on a way on which a message takes so long at most, in milliseconds. */
  constructor(private readonly clock: Clock, private readonly longestDelayMs: number) {}

  /**
   * Two plans of three prefixes, one after the other: each is made of some waves with their replies,
   * and who has to make VIPs anew needs six of them.
   */
  get quietMs(): number {
    return 18 * this.longestDelayMs + 20;
  }

  /** How long ago what is being carried out by VPP may have been decided. */
  get windowMs(): number {
    const now = this.clock.now();
    const stallMs = now <= this.#stall.until ? this.#stall.ms : 0;
    const hungMs = now - (this.#hungSince ?? now);
    return this.quietMs + stallMs + hungMs + (this.isLasting ? requestDeadlineMs : 0);
  }

  /** Until when the last standstill has consequences. */
  get stalledUntil(): number {
    return this.#stall.until;
  }

  /** Whether it is over, but for what lasts. */
  get isOver(): boolean {
    return this.clock.now() >= this.#until;
  }

  /** VPP is disturbed for so long. */
  for(ms: number): void {
    this.#until = Math.max(this.#until, this.clock.now() + ms);
  }

  /** The way to VPP is disturbed: it may have to be found again, or an answer may never come. */
  ofTheWay(isHanging: boolean): void {
    this.for(reconnectMs + (isHanging ? requestDeadlineMs : 0) + 4 * this.quietMs);
  }

  /** This process is about to stand still for so long. */
  stalls(ms: number): void {
    this.#stall = { ms, until: this.clock.now() + ms + this.quietMs };
  }

  /** VPP hangs from now on. */
  hangs(): void {
    this.isLasting = true;
    this.#hungSince ??= this.clock.now();
  }

  /** Nothing lasts any more. */
  end(): void {
    this.isLasting = false;
    this.#hungSince = undefined;
  }
}
