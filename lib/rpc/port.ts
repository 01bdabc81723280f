import { Code, ConnectError } from "@connectrpc/connect";
import { type Access, accessByPlace } from "../access/mod.ts";
import {
  type BrowserRules,
  type ConnectionObserver,
  FailedLogins,
  guardedFromPages,
  type HttpPort,
  type HttpPortLimits,
  type HttpPortOptions,
  identifyBy,
  openHttpPort,
  parseListenAddresses,
  type ProtocolHandlers,
  strictRules,
} from "../port/mod.ts";
import type { Audit } from "./audit.ts";
import { defaultMessageLimits, type MessageLimits } from "./limits.ts";
import { instrumented } from "./call.ts";
import { httpAdapter, type HttpAdapterOptions } from "./http_adapter.ts";
import type { Rpc } from "./rpc.ts";
import { StreamRegistry } from "./streams.ts";
import type { RpcObserver } from "./types.ts";

/** Limits of the API's port. What is not given has a default. */
export interface PortLimits extends HttpPortLimits {
  /** Of single messages. */
  readonly messages?: Partial<MessageLimits>;
}

/** Where the API is to be served, to whom, and who hears of it. */
export interface RpcPortOptions
  extends Pick<HttpPortOptions, "budgets" | "rights" | "supervisor" | "tls"> {
  /**
   * `host:port`, `[ipv6]:port`, `:port` for all interfaces, `unix:/path`, or several with commas
   * between; port 0 picks a free one.
   */
  readonly addr: string;
  readonly limits?: PortLimits;
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

/** How to serve the API's port. */
export interface PortOptions
  extends
    RpcPortOptions,
    Pick<HttpPortOptions, "clock" | "log">,
    Pick<HttpAdapterOptions, "countingOf"> {}

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
export const shuttingDown: ConnectError = new ConnectError(
  "server shutting down",
  Code.Unavailable,
);

/** Serves RPCs on one port: gRPC, gRPC-Web and Connect, HTTP/2 and HTTP/1.1. */
export function servePort(rpcs: readonly Rpc[], options: PortOptions): RpcServer {
  const streams = new StreamRegistry();
  const port = openHttpPort({
    ...options,
    name: "grpc",
    roomOf: (peer) => options.countingOf(peer).intake.room,
    addresses: parseListenAddresses(options.addr),
    handlers: portHandlers(rpcs, streams, options),
    observer: options.connections,
  });
  let ended: Promise<void> | undefined;
  const end = async () => {
    const closed = port.close();
    streams.close(shuttingDown);
    await closed;
  };
  return {
    ...{ address: port.address, addresses: port.addresses, port: port.port },
    reviewStreams: () => streams.review(),
    shutdown: () => ended ??= end(),
  };
}

/** What answers the requests of a port, by the protocol that they come in. */
function portHandlers(
  rpcs: readonly Rpc[],
  streams: StreamRegistry,
  options: PortOptions,
): ProtocolHandlers {
  const messages = { ...defaultMessageLimits, ...options.limits?.messages };
  const failures = new FailedLogins(options.clock);
  const table = rpcs.map((rpc) => instrumented(rpc, { ...options, streams, failures }));
  const identify = identifyBy(options.access ?? accessByPlace({ open: false }));
  const { countingOf, clock } = options;
  const adapted = httpAdapter({ rpcs: table, limits: messages, countingOf, identify, clock });
  return guardedFromPages(adapted, options.browsers ?? strictRules, options.log);
}
