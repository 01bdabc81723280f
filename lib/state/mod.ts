/**
 * What outlives the process: what operators said, and health. Kept in a file by a worker, read at
 * the start (SPEC section 10).
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
