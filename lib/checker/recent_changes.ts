/** For how long a change of state is recent, in milliseconds: 10 minutes. */
export const recentMs = 600_000;

/** Changes that are remembered: of who changes more often, more than enough is known. */
export const mostRecent = 100;

/** Whether a backend has come up or gone down by itself: what operators do to it is no flapping. */
export function isFlip({ from, to }: { readonly from: string; readonly to: string }): boolean {
  return (from === "up" && to === "down") || (from === "down" && to === "up");
}

/** When a backend changed its state of late. A value: one more change makes another one. */
export class RecentChanges {
  /** Unix milliseconds, oldest first. */
  readonly #moments: readonly number[];

  /** Begins with those of before, oldest first. */
  constructor(moments: readonly number[] = []) {
    this.#moments = moments.slice(-mostRecent);
  }

  /** These, and one at this moment. */
  and(at: number): RecentChanges {
    return new RecentChanges([...this.#since(at - recentMs), at]);
  }

  /** How often it changed in the 10 minutes before `now`: {@link mostRecent} or more than that. */
  count(now: number): number {
    return this.#since(now - recentMs).length;
  }

  #since(begin: number): readonly number[] {
    return this.#moments.filter((at) => at > begin);
  }
}
