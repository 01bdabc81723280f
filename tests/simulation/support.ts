/** A mend that a simulation found the want of, as what takes it out of the source again. */
export interface Mend {
  /** What goes wrong without it. */
  readonly fault: string;
  readonly file: string;
  /** The mend. */
  readonly mended: string;
  /** What stands in its place without it. */
  readonly without: string;
  /** A seed from which on few histories are needed to find the fault. */
  readonly from: number;
}

/** Faults that maglevd once had, or that its design exists to rule out. */
export const mends: readonly Mend[] = [
  {
    fault: "two sync loops at once after a connect",
    file: "lib/vpp/sync/syncer.ts",
    mended: "    await this.#round(true);\n",
    without: "    void this.#round(true);\n",
    from: 9,
  },
  {
    fault: "a changed check begins anew from unknown",
    file: "lib/checker/apply.ts",
    mended: "  if (what) entry.health = recheck(health, before, target.check, what);",
    without: '  if (what) entry.health = { ...entry.health, state: "unknown", counter: 0 };',
    from: 1,
  },
  {
    fault: "first probes are spread over the whole interval",
    file: "lib/checker/checker.ts",
    mended: "  return Math.min(check.fastIntervalMs, longest);",
    without: "  return check.intervalMs + 0 * longest;",
    from: 5,
  },
  {
    fault: "a server that was never probed loses its weight",
    file: "lib/health/weight.ts",
    mended: '      weight: "kept",\n',
    without: "      weight: 0,\n",
    from: 30,
  },
  {
    fault: "a dump that is older than a change counts for more",
    file: "lib/vpp/state/known.ts",
    mended: "      const vip = touched && before ? withServers(dumped, before, touched) : dumped;",
    without: "      const vip = dumped;",
    from: 1599,
  },
  {
    fault: "servers are flushed while the frontend fails open",
    file: "lib/health/weight.ts",
    mended: 'return state === "down" && held === undefined;',
    without: 'return state === "down";',
    from: 20,
  },
  {
    fault: "a server starts slowly though nobody else carries",
    file: "lib/checker/standings.ts",
    mended: "    this.#reconsider(moment);\n    this.#relieve();\n",
    without: "    this.#reconsider(moment);\n",
    from: 7,
  },
  {
    fault: "what a reload comes to is foreseen as if no frontend failed open",
    file: "lib/checker/standings.ts",
    mended: "    this.#open = other.#open;\n    this.#climbing",
    without: "    this.#climbing",
    from: 24,
  },
  {
    fault: "the deadlines of drains go by the calendar",
    file: "lib/checker/drains.ts",
    mended: "const goneMs = clock.now() - entry.drainBegan;",
    without: "const goneMs = clock.wall() - drain.said.at;",
    from: 118,
  },
];
