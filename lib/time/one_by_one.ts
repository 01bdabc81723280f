import type { Clock } from "./clock.ts";

/**
 * Yields for many callers, one after the other: together they have one place among all who yield,
 * however many they are.
 */
export function oneByOne({ turn }: Pick<Clock, "turn">): () => Promise<void> {
  let last = Promise.resolve();
  return () => last = last.then(() => turn.next());
}
