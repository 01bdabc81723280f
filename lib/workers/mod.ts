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

/** What a worker's own module sees of the thread that it runs on. */
export interface WorkerScope<Asked, Answer> {
  onmessage: ((event: MessageEvent<Asked>) => void) | null;
  postMessage(answer: Answer, transfer?: Transferable[]): void;
}

/**
 * Starts a worker of this name that imports `module`, whose `serveAs` of the same name then runs.
 *
 * It does so by a module of one import. Through that the server's module is never the worker's main
 * module, so `import.meta.main` stays false in it: in a bundle, where the server's module is the
 * whole program, that is what keeps a second daemon from starting.
 */
export function startWorker(module: string, name: string): Worker {
  const code = encodeURIComponent(`import ${JSON.stringify(module)};`);
  return new Worker(`data:text/javascript,${code}`, { type: "module", name });
}

/** Does nothing, except in a worker of this name: there it serves. */
export function serveAs<Asked, Answer>(
  name: string,
  serve: (scope: WorkerScope<Asked, Answer>) => void,
): void {
  const scope = globalThis as unknown as WorkerScope<Asked, Answer> & { readonly name?: unknown };
  if (scope.name === name && "WorkerGlobalScope" in globalThis) serve(scope);
}
