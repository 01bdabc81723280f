import type { Clock } from "./clock.ts";

/** Resolves after `ms`, or when the signal is aborted. */
export function sleep(
  clock: Pick<Clock, "after">,
  ms: number,
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      timer.cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = clock.after(ms, done);
    signal?.addEventListener("abort", done);
    if (signal?.aborted) done();
  });
}
