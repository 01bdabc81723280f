/**
 * Threads beside the main one: how a room starts its worker, and how the worker's half of it knows
 * that it is there. Both halves are in the same bundle.
 *
 * @example Only in a worker of that name is anything served
 * ```ts
 * import { equal } from "node:assert/strict";
 *
 * let served = false;
 * serveAs("example", () => served = true);
 * equal(served, false);
 * ```
 *
 * @module
 */

export { serveAs, startWorker, type WorkerScope } from "./workers.ts";
