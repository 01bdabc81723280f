import type { Clock, Timer } from "../time/mod.ts";

/** How often the event loop is asked how late it is: seldom, as a sleeper has to be woken for it. */
const everyMs = 1_000;

/** Measures how late timers run. Call the result to stop. */
export function watchLoopLag(clock: Clock, observe: (seconds: number) => void): () => void {
  let timer: Timer;
  const arm = () => {
    const due = clock.now() + everyMs;
    timer = clock.after(everyMs, () => {
      observe(Math.max(0, clock.now() - due) / 1000);
      arm();
    });
  };
  arm();
  return () => timer.cancel();
}
