import type { EventData, EventSink } from "../../events/mod.ts";
import { reasonOf } from "../../log/mod.ts";
import { type LbCounters, VppError, type VppInfo, type VppStep } from "../service.ts";
import { keepInLine, KnownState, StepTracker, type SyncContext } from "../sync/mod.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";
import { Keepalive } from "./keepalive.ts";
import { Reads } from "./reads.ts";

/** What owning a connection needs. */
export interface OwnerOptions
  extends
    ConnectionOptions,
    Pick<SyncContext, "checker" | "events" | "pending" | "ledger" | "progress" | "mayTouch"> {
  /** Makes pending what may be touched. */
  readonly askForAll: () => void;
  /** Tells whether this is the VPP of the connection before; undefined for the first one. */
  readonly recognise: (info: VppInfo) => boolean | undefined;
  /** Takes the connection while there is one, and undefined as soon as it is over. */
  readonly publish: (connected: Connected | undefined) => void;
}

/** What others may see of a connection. Nothing of it can change VPP. */
export interface Connected {
  readonly info: VppInfo;
  readonly reads: Reads;
  step(): VppStep;
  counters(): LbCounters;
}

/**
 * Owns one connection to VPP from its opening to its end: the only place that has it. Never
 * resolves; rejects with why there is none, or why it ended, everything closed again.
 */
export async function own(options: OwnerOptions, signal: AbortSignal): Promise<never> {
  const { checker, clock, log, events, ledger, pending, progress, publish } = options;
  progress.awaiting("a connection to VPP");
  const connection = await Connection.open(options, signal);
  const stop = () => void connection.close();
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  const { info, client } = connection;
  const known = new KnownState();
  const step = new StepTracker(clock, events);
  const keepalive = new Keepalive(connection, known, clock, log);
  try {
    const isSame = options.recognise(info);
    if (isSame === false) ledger.clear();
    publish({
      info,
      reads: new Reads(client, clock, ledger),
      step: () => step.state,
      counters: () => keepalive.counters ?? { at: 0, vips: [], addresses: [], servers: [] },
    });
    tell(events, "connected", "", {
      ...description(info),
      restarted: isSame === false || undefined,
    });
    return await keepInLine({
      ...{ client, pending, known, step, checker, ledger, log, clock, events, progress },
      observer: options.observer,
      mayTouch: options.mayTouch,
      adopted: () => {
        options.askForAll();
        keepalive.start();
      },
    }, connection.signal);
  } catch (error) {
    connection.fail(error);
    throw connection.signal.reason;
  } finally {
    publish(undefined);
    keepalive[Symbol.dispose]();
    signal.removeEventListener("abort", stop);
    const reason = reasonOf(connection.signal.reason);
    if (signal.aborted) log.info("vpp-disconnect", { reason });
    else tell(events, "lost", reason);
    pending.rejectWaiters(new VppError("unavailable", `VPP was disconnected: ${reason}`));
    progress.awaiting("the end of a connection to VPP");
    await connection.close();
  }
}

function tell(
  events: EventSink,
  change: EventData<"vpp">["change"],
  detail: string,
  attributes?: EventData<"vpp">["attributes"],
): void {
  const event = { kind: "vpp", change, detail, cause: { kind: "vpp" } } as const;
  events.emit([attributes ? { ...event, attributes } : event]);
}

function description({ version, buildDate, pid, bootTime }: VppInfo) {
  return {
    version,
    "build-date": buildDate,
    pid,
    boottime: bootTime > 0 ? new Date(bootTime).toISOString() : "unknown",
  };
}
