/**
 * What outlives the process: what operators said, and health. Kept in a file by a worker, read at
 * the start (SPEC section 10).
 *
 * @example What was written is there for the next process
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { systemClock } from "../time/mod.ts";
 *
 * const directory = await Deno.makeTempDir();
 * const keeping = new FileKeeping(directory, systemClock);
 * const { isWritable, troubles } = await keeping.open();
 * equal(`${isWritable} ${troubles.length}`, "true 0");
 * await keeping.close(5_000);
 * await Deno.remove(directory, { recursive: true });
 * ```
 *
 * @module
 */

export { Keeper } from "./keeper.ts";
export type { Concerned, KeeperOptions, Kept } from "./keeper.ts";
export type { StateCondition } from "./condition.ts";
export { restoredFrom } from "./restored.ts";
export { nothingSaved } from "./types.ts";
export type { Batch, Opened, SavedFlushes, SavedState, Trouble, Written } from "./types.ts";
export { FileKeeping } from "./worker_client.ts";
export type { Keeping } from "./worker_client.ts";
