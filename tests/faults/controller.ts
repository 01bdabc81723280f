import type { CheckerView } from "../../lib/checker/mod.ts";
import type { Logger } from "../../lib/log/mod.ts";
import type { Clock } from "../../lib/time/mod.ts";
import { createVpp, type Vpp } from "../../lib/vpp/mod.ts";

/** The VPP side of a maglevd, as far as these tests need it. */
export interface Controller {
  readonly service: Vpp;
  readonly connected: boolean;
  close(): Promise<void>;
}

/** Starts it. */
export function startController(options: {
  readonly apiSocket: string;
  readonly statsSocket: string;
  readonly checker: CheckerView;
  readonly clock: Clock;
  readonly log: Logger;
}): Controller {
  const { apiSocket: apiAddr, statsSocket: statsAddr, checker, clock, log } = options;
  const service = createVpp({ apiAddr, statsAddr, checker, clock, log });
  service.start();
  return {
    service,
    get connected() {
      return service.info() !== undefined;
    },
    close: () => service.close(),
  };
}
