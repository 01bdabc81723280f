import { type ReadonlySignal, useComputed } from "@preact/signals";
import type { MaglevdState } from "../state.ts";
import { maglevds } from "./store.ts";

/**
 * A part of what is known of a maglevd, for a component that is to be drawn again only if that part
 * is another: another object, or another text or number. The component is made anew for another
 * server and for whatever else `choose` depends on, by its key.
 */
export function useChosen<T>(
  server: string,
  choose: (state: MaglevdState) => T,
): ReadonlySignal<T | undefined> {
  return useComputed(() => {
    const state = maglevds.value.get(server);
    return state && choose(state);
  });
}
