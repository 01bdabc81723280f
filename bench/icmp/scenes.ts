/** Who is on the link, and what happens there. */

/** The two ends of the link. */
export const link = { here: "198.18.0.1", there: "198.18.0.2" } as const;

/** Hosts that answer, and hosts that nobody ever hears of. */
export const addresses = {
  live: Array.from({ length: 50 }, (_, i) => `198.18.1.${i + 1}`),
  dead: Array.from({ length: 600 }, (_, i) => `198.18.${4 + (i >> 8)}.${i & 255}`),
} as const;

/** Packets that one core sends as fast as it can. */
export interface Flood {
  readonly from: "here" | "there";
  readonly to: string;
  /** Echo requests, replies to nobody's request, or replies to the last request that was heard. */
  readonly what: "requests" | "replies" | "answers";
}

/** One thing to measure. */
export interface Scene {
  /** How many of the dead hosts are probed as well. */
  readonly dead: number;
  readonly flood?: Flood;
}

/** Everything that is measured. */
export const scenes: Readonly<Record<string, Scene>> = {
  quiet: { dead: 0 },
  dead: { dead: 600 },
  ping: { dead: 0, flood: { from: "here", to: addresses.live[0] ?? "", what: "requests" } },
  replies: { dead: 0, flood: { from: "there", to: link.here, what: "replies" } },
  answers: { dead: 0, flood: { from: "there", to: link.here, what: "answers" } },
};
