import type { BusyPolled } from "../../../lib/net/busy_polls.ts";

/** Looks for itself, as often as is told; what it is told is noted. */
export class Polled implements BusyPolled {
  looks = 0;
  given = 0;
  onLook = () => {};
  onGivingUp = () => {};

  /** `comesAt` is the look at which it sees what it waits for. */
  constructor(readonly comesAt = Infinity) {}

  looksAgain(): boolean {
    this.looks++;
    this.onLook();
    return this.looks >= this.comesAt;
  }
  givesUp(): void {
    this.given++;
    this.onGivingUp();
  }
}

/** So many that see it at that look, or never. */
export const polled = (count: number, comesAt?: number) =>
  Array.from({ length: count }, () => new Polled(comesAt));
/** How often each has looked. */
export const looksOf = (all: readonly Polled[]) => all.map(({ looks }) => looks);
