import type { DescService } from "@bufbuild/protobuf";
import { Health } from "../gen/grpc/health/v1/health_pb.ts";
import { Maglev } from "../gen/maglev_pb.ts";
import { LimitedLog, type Logger, type LogSource } from "../log/mod.ts";
import {
  HealthService,
  openCounting,
  type QueueLimits,
  reflectionRpcs,
  reflectionServices,
  type RpcMethod,
  rpcMethod,
  type RpcPortOptions,
  type RpcServer,
  serveRpcs,
  shuttingDown,
} from "../rpc/mod.ts";
import { type Clock, systemClock } from "../time/mod.ts";
import { defaultWatchLimits, openCallSlots, ownWatchBudgets, watchBudgets } from "./limits.ts";
import { type ApiSources, maglevRpcs } from "./service.ts";
import { EventHub } from "./watch/hub.ts";

/** What the API needs of the daemon, and how it is to be served. */
export interface ApiServerOptions
  extends ApiSources, Omit<RpcPortOptions, "clock" | "countingOf" | "log"> {
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

/** Starts serving the API. Throws a sentence when the port cannot be had. */
export function startApiServer(options: ApiServerOptions): RpcServer {
  const { checker, journal, logs, clock = systemClock, reflection = true } = options;
  const { watchLimits: limits = defaultWatchLimits, streamId = crypto.randomUUID() } = options;
  const budgets = options.budgets.openAll(watchBudgets);
  const ownBudgets = options.budgets.openAll(ownWatchBudgets);
  const hub = new EventHub({
    ...{ checker, journal, logs, limits, budgets, ownBudgets, clock, streamId },
  });
  const health = new HealthService(["", Maglev.typeName]);
  const rpcs = [
    ...maglevRpcs({ ...options, hub, clock, calls: openCallSlots(options.budgets) }),
    ...health.rpcs(),
    ...reflection ? reflectionRpcs(apiServices(reflection)) : [],
  ];
  const log = new LimitedLog(options.log, clock);
  const countingOf = openCounting(options.budgets);
  let port: RpcServer;
  try {
    port = serveRpcs(rpcs, { ...options, countingOf, clock, log });
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

/** The services that maglevd answers for, by name. */
export function apiServices(reflection: boolean): readonly DescService[] {
  return reflection ? [Health, ...reflectionServices, Maglev] : [Health, Maglev];
}

/** Every method that maglevd answers, so that each has its series before its first call. */
export function apiMethods(options: { readonly reflection: boolean }): readonly RpcMethod[] {
  return apiServices(options.reflection).flatMap(({ methods }) => methods.map(rpcMethod));
}
