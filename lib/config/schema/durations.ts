/** Milliseconds. */
export const second = 1000;

/** Milliseconds. */
export const hour = 3600 * second;

/** Milliseconds: longer than any sane setting, short enough for every timer. */
export const day = 24 * hour;

/** A duration that is not 0. */
export const positive = { type: "duration", minMs: 0, aboveMin: true, maxMs: day } as const;
