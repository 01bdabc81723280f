/**
 * Threads beside the main one: how a room starts its worker, and how the worker's half of it knows
 * that it is there. Both halves are in the same bundle.
 *
 * @module
 */

export { serveAs, startWorker, type WorkerScope } from "./workers.ts";
