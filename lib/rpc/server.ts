import { Code, ConnectError } from "@connectrpc/connect";
import { type Access, accessByPlace } from "../access/mod.ts";
import {
  type BrowserRules,
  type Budget,
  type Budgets,
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
import type { Audit } from "./audit.ts";
import { instrumented, type RpcObserver } from "./call.ts";
import { type Counting, httpAdapter, type HttpAdapterOptions } from "./http_adapter.ts";
import { Intake } from "./intake.ts";
import {
  callBudgets,
  connectionShares,
  defaultMessageLimits,
  type MessageLimits,
  ownCallBudgets,
} from "./limits.ts";
import type { Rpc } from "./rpc.ts";
import { StreamRegistry } from "./streams.ts";

/** Where RPCs are to be served, to whom, and who hears of it. */
export interface RpcPortOptions
  extends
    Pick<HttpPortOptions, "budgets" | "clock" | "log" | "rights" | "supervisor" | "tls">,
    Pick<HttpAdapterOptions, "countingOf"> {
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

/** RPCs being served. */
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
export const shuttingDown = new ConnectError(
  "server shutting down",
  Code.Unavailable,
);

/** Opens what calls are counted in. Strangers who use up all that they may leave this machine its own. */
export function openCounting(budgets: Budgets): HttpAdapterOptions["countingOf"] {
  const strangers = counting(budgets.openAll(callBudgets));
  const own = counting(budgets.openAll(ownCallBudgets));
  return (peer) => isLocalPeer(peer) ? own : strangers;
}

function counting({ requests, answers }: Record<"requests" | "answers", Budget>): Counting {
  return {
    intake: new Intake(requests, connectionShares.requests),
    outbox: new Outbox(answers, connectionShares.answers),
  };
}

/**
 * Serves RPCs on one port: gRPC, gRPC-Web and Connect, HTTP/2 and HTTP/1.1. Throws a sentence when
 * the port cannot be had.
 */
export function serveRpcs(rpcs: readonly Rpc[], options: RpcPortOptions): RpcServer {
  const { clock, log, countingOf, access = accessByPlace({ open: false }) } = options;
  const streams = new StreamRegistry(clock);
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
