import { setImmediate } from "node:timers";

const longestMs = 10_000;

/** Waits until `holds`, looking each time other tasks had their turn. Fails after 10 s. */
export async function until(holds: () => boolean, what = holds.toString()): Promise<void> {
  const start = performance.now();
  while (!holds()) {
    if (performance.now() - start > longestMs) throw new Error(`never came true: ${what}`);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

/** Gives everything that is under way many turns. */
export async function settle(turns = 200): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
