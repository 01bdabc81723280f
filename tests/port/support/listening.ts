import type { Logger } from "../../../lib/log/mod.ts";
import type { ConnectionObserver } from "../../../lib/port/mod.ts";
import { Supervisor } from "../../../lib/supervisor/mod.ts";
import { type Clock, systemClock } from "../../../lib/time/mod.ts";

/** Connections that nobody counts. */
export const uncounted: ConnectionObserver = {
  opened: () => {},
  closed: () => {},
  refused: () => {},
  displaced: () => {},
  failed: () => {},
};

/** A supervisor for a test's listeners, which never have a reason to end the process. */
export function testSupervisor(log: Logger, clock: Clock = systemClock): Supervisor {
  return new Supervisor({
    clock,
    log,
    fatal: (error) => {
      throw error;
    },
  });
}
