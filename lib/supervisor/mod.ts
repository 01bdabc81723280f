/**
 * One way to keep long-running work going, and one way to say that the process must end.
 *
 * @example Work that fails is begun again
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { silentLogger } from "../log/mod.ts";
 * import { systemClock } from "../time/mod.ts";
 *
 * let begun = 0;
 * const again = Promise.withResolvers<void>();
 * const supervisor = new Supervisor({ clock: systemClock, log: silentLogger, fatal: () => {} });
 * await using _task = supervisor.start("example", () => {
 *   if (++begun === 1) throw new Error("the first time");
 *   again.resolve();
 *   return Promise.resolve();
 * });
 * await again.promise;
 * equal(begun, 2);
 * ```
 *
 * @module
 */

export { FatalError, Supervisor } from "./supervisor.ts";
export type { SupervisorOptions, Task, Work } from "./supervisor.ts";
