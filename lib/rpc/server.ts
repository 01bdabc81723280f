import { Maglev } from "../gen/maglev_pb.ts";
import { LimitedLog, type Logger, type LogSource } from "../log/mod.ts";
import { type Clock, systemClock } from "../time/mod.ts";
import { openCallSlots } from "./call_slots.ts";
import { callBudgets, connectionShares, ownCallBudgets } from "./limits.ts";
import { type Budget, type Budgets, type BudgetSpec, isLocalPeer, Outbox } from "../port/mod.ts";
import { HealthService } from "./health.ts";
import { Intake } from "./intake.ts";
import { rpcServices } from "./rpc.ts";
import { type RpcPortOptions, type RpcServer, servePort, shuttingDown } from "./port.ts";
import type { Counting, HttpAdapterOptions } from "./http_adapter.ts";
import { reflectionRpcs } from "./reflection.ts";
import { maglevRpcs } from "./service.ts";
import type { RpcSources } from "./types.ts";
import { EventHub } from "./watch/hub.ts";
import type { QueueLimits } from "./watch/queue.ts";

/** What the API needs of the daemon, and how it is to be served. */
export interface RpcServerOptions extends RpcSources, RpcPortOptions {
  /** Where event streams get log records from. */
  readonly logs: LogSource;
  /** Where the server itself writes, at a limited rate. */
  readonly log: Logger;
  /** Whether clients may ask for the API's description. On unless false. */
  readonly reflection?: boolean;
  /** How far a watcher of events may fall behind. */
  readonly watchLimits?: QueueLimits;
  /** The system's unless given. */
  readonly clock?: Clock;
  /** Names the stream of events of this run; random unless given. */
  readonly streamId?: string;
}

/**
 * A burst of ten thousand backends that change at once, each with its log record, fits into
 * the count; the bytes bound what a stopped reader can hold while others read on.
 */
export const defaultWatchLimits: QueueLimits = { count: 32_768, bytes: 8 * 1024 * 1024 };

/** Starts serving the API. Throws a sentence when the port cannot be had. */
export function startRpcServer(options: RpcServerOptions): RpcServer {
  const { checker, journal, logs, clock = systemClock, reflection = true } = options;
  const { watchLimits: limits = defaultWatchLimits, streamId = crypto.randomUUID() } = options;
  const budgets = openBudgets(options.budgets, callBudgets);
  const ownBudgets = openBudgets(options.budgets, ownCallBudgets);
  const hub = new EventHub({
    ...{ checker, journal, logs, limits, budgets, ownBudgets, clock, streamId },
  });
  const health = new HealthService(["", Maglev.typeName]);
  const rpcs = [
    ...maglevRpcs({ ...options, hub, clock, calls: openCallSlots(options.budgets) }),
    ...health.rpcs(),
    ...reflection ? reflectionRpcs(rpcServices(reflection)) : [],
  ];
  const log = new LimitedLog(options.log, clock);
  const countingOf = countingByPlace(counting(budgets), counting(ownBudgets));
  let port: RpcServer;
  try {
    port = servePort(rpcs, { ...options, countingOf, clock, log });
  } catch (error) {
    hub.close(shuttingDown);
    throw error;
  }
  const end = async () => {
    health.stopServing();
    // One turn, so that health watchers hear it before their streams end.
    await new Promise<void>((resolve) => clock.after(0, resolve));
    hub.close(shuttingDown);
    await port.shutdown();
    log[Symbol.dispose]();
  };
  let ended: Promise<void> | undefined;
  return { ...port, shutdown: () => ended ??= end() };
}

function openBudgets(
  budgets: Budgets,
  specs: Readonly<Record<keyof typeof callBudgets, BudgetSpec>>,
) {
  return {
    requests: budgets.open(specs.requests),
    answers: budgets.open(specs.answers),
    watchers: budgets.open(specs.watchers),
    debugWatchers: budgets.open(specs.debugWatchers),
    backlog: budgets.open(specs.backlog),
  };
}

function counting({ requests, answers }: Record<"requests" | "answers", Budget>): Counting {
  return {
    intake: new Intake(requests, connectionShares.requests),
    outbox: new Outbox(answers, connectionShares.answers),
  };
}

/** Strangers who use up all that they may leave this machine its own. */
export function countingByPlace(
  strangers: Counting,
  own: Counting,
): HttpAdapterOptions["countingOf"] {
  return (peer) => isLocalPeer(peer) ? own : strangers;
}
