import { openCallSlots } from "../../../lib/api/limits.ts";
import { maglevRpcs } from "../../../lib/api/service.ts";
import { EventHub } from "../../../lib/api/watch/hub.ts";
import { Budgets } from "../../../lib/port/budget.ts";
import type { Identify } from "../../../lib/port/caller.ts";
import type { ProtocolHandlers } from "../../../lib/port/connections.ts";
import { FailedLogins } from "../../../lib/port/failed_logins.ts";
import { instrumented } from "../../../lib/rpc/call.ts";
import { httpAdapter } from "../../../lib/rpc/http_adapter.ts";
import { defaultMessageLimits } from "../../../lib/rpc/limits.ts";
import type { Rpc } from "../../../lib/rpc/rpc.ts";
import { StreamRegistry } from "../../../lib/rpc/streams.ts";
import { systemClock } from "../../../lib/time/mod.ts";
import { anybody, auditOn } from "../../rpc/support/callers.ts";
import { countedRoom } from "../../rpc/support/roomy.ts";
import { anyStatus } from "./any_status.ts";
import { CheckerBed } from "./checker_bed.ts";
import { FakeObserver } from "./harness.ts";
import { watchBudgets } from "./watch.ts";

/** The whole API without a listener: what its port would hand requests to. */
export class ApiBed implements Disposable {
  readonly bed: CheckerBed;
  readonly room: ReturnType<typeof countedRoom>;
  readonly handlers: ProtocolHandlers;
  readonly observer = new FakeObserver();
  readonly watching = watchBudgets();
  readonly #budgets: Budgets;

  constructor(
    bed = new CheckerBed(),
    limits: Parameters<typeof countedRoom>[0] = {},
    more: readonly Rpc[] = [],
    identify: Identify = anybody,
  ) {
    this.bed = bed;
    this.room = countedRoom(limits);
    const { checker, journal, stream: events, log } = bed;
    const clock = systemClock;
    const hub = new EventHub({
      ...{ checker, journal, logs: log, clock, streamId: "here", budgets: this.watching },
      limits: { count: 100_000, bytes: 1e8 },
    });
    const ok = () => Promise.resolve({ kind: "ok" } as const);
    const config = { check: ok, foresee: ok, reload: ok };
    const streams = new StreamRegistry(clock);
    const { observer } = this;
    const audit = auditOn(events, observer, bed.clock);
    const failures = new FailedLogins(clock);
    this.#budgets = new Budgets(log, clock);
    const calls = openCallSlots(this.#budgets);
    const rpcs = [
      ...maglevRpcs({
        checker,
        journal,
        events,
        vpp: undefined,
        config,
        hub,
        clock,
        calls,
        status: anyStatus,
      }),
      ...more,
    ].map((rpc) => instrumented(rpc, { observer, clock, log, streams, audit, failures }));
    const messages = defaultMessageLimits;
    this.handlers = httpAdapter({
      rpcs,
      limits: messages,
      countingOf: () => this.room,
      identify,
      clock,
    });
  }

  [Symbol.dispose](): void {
    this.#budgets[Symbol.dispose]();
    this.bed[Symbol.dispose]();
  }
}
