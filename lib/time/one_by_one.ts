import type { Clock } from "./clock.ts";

/**
 * A turn of the event loop for each who asks, one after the other: for those who come with much that
 * would be done without a look at timers and sockets. However many they are, they have one place
 * among all who work in turns.
 */
export function oneByOne({ turn }: Pick<Clock, "turn">): () => Promise<void> {
  let last = Promise.resolve();
  return () => last = last.then(() => turn.next());
}
