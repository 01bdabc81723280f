/**
 * One way to keep long-running work going, and one way to say that the process must end.
 *
 * @module
 */

export { FatalError, Supervisor } from "./supervisor.ts";
export type { SupervisorOptions, Task, Work } from "./supervisor.ts";
