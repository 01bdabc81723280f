import { setImmediate } from "node:timers";
import type { ProbeLink, StartProbing } from "../probing/mod.ts";
import type { Clock, Turn } from "../time/mod.ts";
import type { Random } from "./random.ts";

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

/** How likely a piece of work finds that the present turn is over. */
const overShare = 0.3;

/**
 * Turns of the event loop that end at any look, and come after up to `longestMs`: what is done in
 * slices has others come in between.
 */
export function randomTurns(clock: Clock, random: Random, longestMs: number): Turn {
  return {
    get isOver() {
      return random.chance(overShare);
    },
    next: () => new Promise((resolve) => void clock.after(random.next() * longestMs, resolve)),
  };
}

/** Enough for all promises that can go on: a turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What comes of something that takes a while: until then `turn` has time go on. */
export async function during<T>(work: Promise<T>, turn: () => Promise<void>): Promise<T> {
  let isDone = false;
  const done = () => isDone = true;
  work.then(done, done);
  while (!isDone) await turn();
  return await work;
}
