import type { Clock, Timer } from "./clock.ts";

/** Calls `run` each time when `ms` have passed, until it is cancelled. */
export function every(clock: Pick<Clock, "after">, ms: number, run: () => void): Timer {
  let timer: Timer;
  const arm = () => {
    timer = clock.after(ms, () => {
      arm();
      run();
    });
  };
  arm();
  return { cancel: () => timer.cancel() };
}
