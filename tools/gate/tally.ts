/** What was counted: of tests, or of checks. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Nothing counted yet. */
export const nothing: Tally = { passed: 0, failed: 0, skipped: 0 };

/** The sum of two tallies. */
export function add(a: Tally, b: Tally): Tally {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
  };
}

/** The gate's last line: `N passed, N failed`, and `, N skipped` when there were any. */
export function verdict(tally: Tally): string {
  const skipped = tally.skipped > 0 ? `, ${tally.skipped} skipped` : "";
  return `${tally.passed} passed, ${tally.failed} failed${skipped}`;
}

/**
 * Counts from what `deno test` printed: its last summary line, such as
 * `FAILED | 3 passed (2 steps) | 1 failed | 1 ignored (12ms)`. A run that failed without saying
 * which test did (a crash, a leak at exit, no summary at all) is one failure.
 */
export function tallyOf(output: string, ok: boolean): Tally {
  const summaries = [...output.matchAll(/^(?:ok|FAILED) \| .*passed.*$/gm)];
  const summary = summaries.at(-1)?.[0] ?? "";
  const count = (what: string) => Number(summary.match(new RegExp(`(\\d+) ${what}`))?.[1] ?? 0);
  const failed = count("failed");
  return {
    passed: count("passed"),
    failed: !ok && failed === 0 ? 1 : failed,
    skipped: count("ignored"),
  };
}
