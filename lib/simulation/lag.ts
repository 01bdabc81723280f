import type { ProbeLink, StartProbing } from "../probing/mod.ts";
import type { Clock } from "../time/mod.ts";

/**
 * Two threads between which everything takes up to `longestMs` in each direction, and comes in
 * order: `start` is what runs on the other one.
 */
export function lagging(
  start: StartProbing,
  clock: Clock,
  random: () => number,
  longestMs: number,
): StartProbing {
  return (tell) => {
    let isClosed = false;
    const inOrder = <T>(carryOut: (what: T) => void) => {
      const queue: T[] = [];
      let last = 0;
      // What comes up first is the head, however the times were rounded.
      const next = () => {
        const what = queue.shift();
        if (what !== undefined && !isClosed) carryOut(what);
      };
      return (what: T) => {
        queue.push(what);
        last = Math.max(last, clock.now() + random() * longestMs);
        clock.after(last - clock.now(), next);
      };
    };
    const link: ProbeLink = start(inOrder(tell));
    return {
      order: inOrder((order) => link.order(order)),
      stats: () => link.stats(),
      close() {
        isClosed = true;
        link.close();
      },
    };
  };
}
