import { setImmediate } from "node:timers";
import type { Clock, Turn } from "../time/mod.ts";
import type { Random } from "./random.ts";

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
