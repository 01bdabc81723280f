/**
 * How a program tells the service manager that it has started, how it is, and that it ends.
 *
 * @example Without a manager that listens nothing happens
 * ```ts
 * import { silentLogger } from "../log/mod.ts";
 * import { systemClock } from "../time/mod.ts";
 *
 * const environment = { get: () => undefined };
 * const about = { environment, pid: Deno.pid, clock: systemClock, log: silentLogger };
 * using manager = new ServiceManager(about);
 * manager.ready("serving");
 * ```
 *
 * @module
 */

export { ServiceManager, type ServiceManagerOptions } from "./service_manager.ts";
