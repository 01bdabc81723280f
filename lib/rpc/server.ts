import { Code, ConnectError } from "@connectrpc/connect";
import { type Access, accessByPlace } from "../access/mod.ts";
import { Maglev } from "../gen/maglev_pb.ts";
import { LimitedLog, type Logger, type LogSource } from "../log/mod.ts";
import {
  type BrowserRules,
  type Budget,
  type ConnectionObserver,
  FailedLogins,
  guardedFromPages,
  type HttpPort,
  type HttpPortLimits,
  type HttpPortOptions,
  identifyBy,
  isLocalPeer,
  openHttpPort,
  Outbox,
  parseListenAddresses,
  strictRules,
} from "../port/mod.ts";
import { type Clock, systemClock } from "../time/mod.ts";
import type { Audit } from "./audit.ts";
import { instrumented, type RpcObserver } from "./call.ts";
import { openCallSlots } from "./call_slots.ts";
import { HealthService } from "./health.ts";
import { type Counting, httpAdapter, type HttpAdapterOptions } from "./http_adapter.ts";
import { Intake } from "./intake.ts";
import {
  callBudgets,
  connectionShares,
  defaultMessageLimits,
  type MessageLimits,
  ownCallBudgets,
} from "./limits.ts";
import { reflectionRpcs } from "./reflection.ts";
import { type Rpc, rpcServices } from "./rpc.ts";
import { maglevRpcs } from "./service.ts";
import { StreamRegistry } from "./streams.ts";
import type { RpcSources } from "./sources.ts";
import { EventHub } from "./watch/hub.ts";
import type { QueueLimits } from "./watch/queue.ts";

/** Where the API is to be served, to whom, and who hears of it. */
export interface RpcPortOptions
  extends Pick<HttpPortOptions, "budgets" | "rights" | "supervisor" | "tls"> {
  /**
   * `host:port`, `[ipv6]:port`, `:port` for all interfaces, `unix:/path`, or several with commas
   * between; port 0 picks a free one.
   */
  readonly addr: string;
  /** Of the port, and of single messages. What is not given has a default. */
  readonly limits?: HttpPortLimits & { readonly messages?: Partial<MessageLimits> };
  /** Told of every call. */
  readonly observer: RpcObserver;
  /** Told of every connection. */
  readonly connections: ConnectionObserver;
  /** By what names browsers may call this machine; only by addresses and `localhost` without. */
  readonly browsers?: BrowserRules;
  /** Tells who calls; without, this machine may do everything, and all others may read. */
  readonly access?: Access;
  /** Tells of changes and of what is refused. */
  readonly audit: Audit;
}

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

/** The API being served. */
export interface RpcServer extends Pick<HttpPort, "address" | "addresses" | "port"> {
  /** Ends streams of those who may not have them by the rules that are in force now. */
  reviewStreams(): void;
  /**
   * Ends streams with UNAVAILABLE, lets other calls end within the drain limit, and closes.
   * Never rejects; calling it again waits as well.
   */
  shutdown(): Promise<void>;
}

/** Why calls end when the daemon does. */
const shuttingDown = new ConnectError(
  "server shutting down",
  Code.Unavailable,
);

/** Starts serving the API. Throws a sentence when the port cannot be had. */
export function startRpcServer(options: RpcServerOptions): RpcServer {
  const { checker, journal, logs, clock = systemClock, reflection = true } = options;
  const { watchLimits: limits = defaultWatchLimits, streamId = crypto.randomUUID() } = options;
  const budgets = options.budgets.openAll(callBudgets);
  const ownBudgets = options.budgets.openAll(ownCallBudgets);
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

/** Serves RPCs on one port: gRPC, gRPC-Web and Connect, HTTP/2 and HTTP/1.1. */
export function servePort(
  rpcs: readonly Rpc[],
  options:
    & RpcPortOptions
    & Pick<HttpPortOptions, "clock" | "log">
    & Pick<HttpAdapterOptions, "countingOf">,
): RpcServer {
  const { clock, log, countingOf, access = accessByPlace({ open: false }) } = options;
  const streams = new StreamRegistry();
  const failures = new FailedLogins(clock);
  const adapted = httpAdapter({
    rpcs: rpcs.map((rpc) => instrumented(rpc, { ...options, streams, failures })),
    limits: { ...defaultMessageLimits, ...options.limits?.messages },
    identify: identifyBy(access),
    ...{ countingOf, clock },
  });
  const port = openHttpPort({
    ...options,
    name: "grpc",
    roomOf: (peer) => countingOf(peer).intake.room,
    addresses: parseListenAddresses(options.addr),
    handlers: guardedFromPages(adapted, options.browsers ?? strictRules, log),
    observer: options.connections,
  });
  return {
    ...{ address: port.address, addresses: port.addresses, port: port.port },
    reviewStreams: () => streams.review(),
    async shutdown() {
      const closed = port.close();
      streams.close(shuttingDown);
      await closed;
    },
  };
}
