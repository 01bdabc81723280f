/** The trivial service that peers are compared by, on our transport. Prints its address. */

import { silentLogger } from "../../lib/log/mod.ts";
import { Audit, HealthService, openCounting, serveRpcs } from "../../lib/rpc/mod.ts";
import { Budgets } from "../../lib/port/mod.ts";
import { Supervisor } from "../../lib/supervisor/mod.ts";
import { systemClock } from "../../lib/time/mod.ts";

const nobody = { started() {}, handled() {}, msgReceived() {}, msgSent() {} };

const budgets = new Budgets(silentLogger, systemClock);
const port = serveRpcs(new HealthService(["", "maglev.Maglev"]).rpcs(), {
  countingOf: openCounting(budgets),
  addr: "127.0.0.1:0",
  observer: nobody,
  connections: { opened() {}, closed() {}, refused() {}, displaced() {}, failed() {} },
  audit: new Audit({
    events: { emit() {}, lastAsked: 0 },
    observer: { audited() {} },
    clock: systemClock,
  }),
  budgets,
  supervisor: new Supervisor({ clock: systemClock, log: silentLogger, fatal: () => {} }),
  clock: systemClock,
  log: silentLogger,
});
console.log(port.addresses[0]);
