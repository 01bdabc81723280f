import type { Action } from "./actions.ts";
import type { History, RunOptions } from "./history.ts";
import { runHistory } from "./run.ts";

/** Runs spent at most on shortening. */
const mostRuns = 400;

/**
 * A shorter history that goes wrong as well: actions are left out, first many at a time, then one
 * by one, as long as something is still wrong (delta debugging, Zeller and Hildebrandt 2002).
 */
export async function shortened(history: History, options: RunOptions = {}): Promise<History> {
  let actions: readonly Action[] = history.actions;
  let runs = 0;
  for (let size = Math.ceil(actions.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let start = 0; start < actions.length && runs < mostRuns;) {
      const fewer = [...actions.slice(0, start), ...actions.slice(start + size)];
      runs++;
      const { wrong } = await runHistory({ ...history, actions: fewer }, options);
      if (wrong.length > 0) actions = fewer;
      else start += size;
    }
  }
  return { ...history, actions };
}
