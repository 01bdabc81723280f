import type { Transition } from "./types.ts";

/** The history with one more transition: newest first, at most `limit` of them. */
export function remember<State extends string>(
  history: readonly Transition<State>[],
  transition: Transition<State>,
  limit: number,
): readonly Transition<State>[] {
  return [transition, ...history.slice(0, Math.max(0, limit - 1))];
}
