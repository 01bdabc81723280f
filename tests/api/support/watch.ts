import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { WatchBudgets } from "../../../lib/api/limits.ts";
import { EventHub } from "../../../lib/api/watch/hub.ts";
import { type SharedEvent, type WatchFilter, watchFilter } from "../../../lib/api/watch/stream.ts";
import { type Event, type WatchRequest, WatchRequestSchema } from "../../../lib/gen/maglev_pb.ts";
import { Budget } from "../../../lib/port/budget.ts";
import type { EventQueue, QueueLimits } from "../../../lib/rpc/queue.ts";
import { type Clock, FakeClock } from "../../../lib/time/mod.ts";
import { CheckerBed } from "./checker_bed.ts";
import * as limits from "../../../lib/api/limits.ts";

/** What a hub counts with. `most` are those that a test is about. */
export function watchBudgets(
  most: Partial<Record<keyof WatchBudgets, number>> = {},
): WatchBudgets {
  const open = (name: keyof WatchBudgets) => {
    const { limit, ...spec } = limits.watchBudgets[name];
    return new Budget({ ...spec, limit: most[name] ?? limit });
  };
  return {
    watchers: open("watchers"),
    debugWatchers: open("debugWatchers"),
    backlog: open("backlog"),
  };
}

/** What a test's hub is made with. */
export interface HubOptions {
  readonly bed?: CheckerBed;
  readonly limits?: QueueLimits;
  readonly streamId?: string;
  readonly budgets?: WatchBudgets;
}

/** A hub over a checker in the test's hands, with a clock of its own. */
export class HubBed<C extends Clock = FakeClock> implements Disposable {
  readonly bed: CheckerBed;
  readonly hub: EventHub;

  constructor(readonly clock: C, { bed = new CheckerBed(), ...options }: HubOptions = {}) {
    this.bed = bed;
    const { limits = { count: 100_000, bytes: 1e8 }, streamId = "this-run" } = options;
    const { budgets = watchBudgets() } = options;
    const { checker, journal, log: logs } = bed;
    this.hub = new EventHub({ checker, journal, logs, limits, budgets, clock, streamId });
  }

  /** Opens a stream as a client's request does. */
  watch(
    request: MessageInitShape<typeof WatchRequestSchema> = {},
  ): Promise<EventQueue<SharedEvent>> {
    return this.hub.watch(filterOf(request));
  }

  [Symbol.dispose](): void {
    this.bed[Symbol.dispose]();
  }
}

/** A hub with a clock that the test turns. */
export function hubBed(options?: HubOptions): HubBed {
  return new HubBed(new FakeClock(), options);
}

/** What a request is taken for. */
export function filterOf(
  request: MessageInitShape<typeof WatchRequestSchema>,
): WatchFilter {
  const message: WatchRequest = create(WatchRequestSchema, request);
  return watchFilter(message);
}

/** Everything that is in a queue. */
export function take(queue: EventQueue<SharedEvent>): Event[] {
  const events: Event[] = [];
  for (let event = queue.poll(); event; event = queue.poll()) events.push(event.plain);
  return events;
}

/** What is in a queue, in short. */
export function drain(queue: EventQueue<SharedEvent>): string[] {
  return take(queue).map(describe);
}

/** An event in a few words, with its number if it has one. */
export function describe({ event, seq }: Event): string {
  const number = seq === 0n ? "" : `${seq}: `;
  switch (event.case) {
    case "backend":
      return `${number}${event.value.backendName} ${arrow(event.value.transition)}`;
    case "frontend":
      return `${number}${event.value.frontendName} ${arrow(event.value.transition)}`;
    case "pool":
      return `${number}${event.value.frontendName} pool ${arrow(event.value)}`;
    case "weight": {
      const { frontendName, backendName, effectiveFrom, effectiveTo } = event.value;
      const weight = (each: typeof effectiveFrom) => each?.weight ?? each?.kind;
      return `${number}${frontendName}/${backendName} ${weight(effectiveFrom)}-${
        weight(effectiveTo)
      }`;
    }
    case "reload":
      return `${number}reload ${event.value.result}`;
    case "operator":
      return `${number}${event.value.action} ${event.value.backendName}`.trimEnd();
    case "drain":
    case "override":
      return `${number}${event.case} ${event.value.change} ${event.value.backendName}`;
    case "safety":
      return `${number}${event.value.measure} ${event.value.change} ${event.value.frontendName}`;
    case "vpp":
    case "probing":
      return `${number}${event.case} ${event.value.change}`;
    case "audit":
      return `${number}audit ${event.value.method} ${event.value.result}`;
    case "log":
      return `${event.value.level} ${event.value.msg}`;
    case "opening": {
      const { resumed, reason, seq: from } = event.value;
      return `${resumed ? "resumed" : "present"} from ${from}${reason && `: ${reason}`}`;
    }
    case "heartbeat":
      return `heartbeat ${event.value.seq}`;
    case "pulses": {
      const { pulses, running, runningAnew } = event.value;
      return [
        ...pulses.map((each) => `${each.backendName} ${each.code}`),
        ...runningAnew ? ["anew"] : [],
        ...running.map((each) => `${each.backendName} since ${each.sinceUnixNs / 1_000_000n}`),
      ].join();
    }
    case undefined:
      return "nothing";
  }
}

function arrow(change: { readonly from: string; readonly to: string } | undefined): string {
  return `${change?.from}-${change?.to}`;
}
