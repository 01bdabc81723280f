import type { Checker } from "../../lib/checker/mod.ts";
import { type EventStream, Journal } from "../../lib/events/mod.ts";
import type { DaemonLog } from "../../lib/log/mod.ts";
import { startApiServer } from "../../lib/api/mod.ts";
import { Audit, type RpcServer } from "../../lib/rpc/mod.ts";
import { Budgets } from "../../lib/port/mod.ts";
import { Supervisor } from "../../lib/supervisor/mod.ts";
import { systemClock as clock } from "../../lib/time/mod.ts";

/** The whole API over a checker, on a port of the loopback address, as a daemon without VPP has it. */
export function serveApi(checker: Checker, events: EventStream, log: DaemonLog): RpcServer {
  const never = () => Promise.resolve({ kind: "ok" } as const);
  return startApiServer({
    addr: "127.0.0.1:0",
    ...{ checker, events, log, clock, logs: log, journal: new Journal(events), vpp: undefined },
    status: () =>
      Promise.resolve({
        startedAt: 0,
        config: { path: "", loadedAt: 0, isChanged: false, unreadable: "", rejected: "" },
        authRejected: "",
        state: { directory: "", notKept: undefined, troubles: [] },
      }),
    config: { check: never, reload: never, foresee: never },
    observer: { started() {}, handled() {}, msgReceived() {}, msgSent() {} },
    connections: { opened() {}, closed() {}, refused() {}, displaced() {}, failed() {} },
    audit: new Audit({ events, observer: { audited() {} }, clock }),
    budgets: new Budgets(log, clock),
    supervisor: new Supervisor({ clock, log, fatal: () => {} }),
  });
}
