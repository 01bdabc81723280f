/** The trivial service that peers are compared by, on our transport. Prints its address. */

import { silentLogger } from "../../lib/log/mod.ts";
import { callBudgets, connectionShares } from "../../lib/rpc/limits.ts";
import { Budget } from "../../lib/port/budget.ts";
import { HealthService } from "../../lib/rpc/health.ts";
import { Intake } from "../../lib/rpc/intake.ts";
import { Outbox } from "../../lib/port/outbox.ts";
import { Audit } from "../../lib/rpc/mod.ts";
import { Budgets } from "../../lib/port/mod.ts";
import { servePort } from "../../lib/rpc/server.ts";
import { Supervisor } from "../../lib/supervisor/mod.ts";
import { systemClock } from "../../lib/time/mod.ts";

const nobody = { started() {}, handled() {}, msgReceived() {}, msgSent() {} };

const counting = {
  intake: new Intake(new Budget(callBudgets.requests), connectionShares.requests),
  outbox: new Outbox(new Budget(callBudgets.answers), connectionShares.answers),
};
const port = servePort(new HealthService(["", "maglev.Maglev"]).rpcs(), {
  countingOf: () => counting,
  addr: "127.0.0.1:0",
  observer: nobody,
  connections: { opened() {}, closed() {}, refused() {}, displaced() {}, failed() {} },
  audit: new Audit({
    events: { emit() {}, lastSeq: 0 },
    observer: { audited() {} },
    clock: systemClock,
  }),
  budgets: new Budgets(silentLogger, systemClock),
  supervisor: new Supervisor({ clock: systemClock, log: silentLogger, fatal: () => {} }),
  clock: systemClock,
  log: silentLogger,
});
console.log(port.addresses[0]);
