import { Code, ConnectError } from "@connectrpc/connect";
import type { ConnectionLimits, H2Limits } from "../h2/mod.ts";
import type { Logger } from "../log/mod.ts";
import type { Clock } from "../time/mod.ts";
import { formatListenAddress, isLoopback, parseListenAddress } from "./address.ts";
import type { ListenAddress } from "./address.ts";
import { instrumented } from "./call.ts";
import { Connections } from "./connections.ts";
import { grpcShortcuts } from "./grpc_direct.ts";
import { h2Adapter } from "./h2_adapter.ts";
import { http1Adapter } from "./http1_adapter.ts";
import { Http1Server } from "./http1_server.ts";
import { listen } from "./listener.ts";
import type { Listener, ListenOptions, TlsOptions } from "./listener.ts";
import type { Rpc } from "./rpc.ts";
import { defaultSpliceLimits } from "./splice.ts";
import type { SpliceLimits } from "./splice.ts";
import { StreamRegistry } from "./stream_registry.ts";
import type { RpcObserver } from "./types.ts";
import { universalHandlers } from "./universal.ts";
import type { MessageLimits } from "./universal.ts";

/** Limits of the port. What is not given has a default. */
export interface PortLimits {
  /** Of single messages. */
  readonly messages?: Partial<MessageLimits>;
  /** How many connections there may be, in all and per peer. */
  readonly connections?: Partial<ConnectionLimits>;
  /** Of one HTTP/2 connection. */
  readonly h2?: Partial<H2Limits>;
  /** Of one HTTP/1.1 connection. */
  readonly http1?: Partial<SpliceLimits>;
  /** Milliseconds in which a client has to say what it speaks. */
  readonly handshakeMs?: number;
  /** Milliseconds that requests under way get at shutdown. */
  readonly drainMs?: number;
}

/** How to serve a port. */
export interface PortOptions {
  /** `host:port`, `[ipv6]:port` or `:port`; port 0 picks a free one. */
  readonly addr: string;
  readonly tls?: TlsOptions;
  readonly limits?: PortLimits;
  readonly observer: RpcObserver;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A port being served. */
export interface RpcPort {
  /** `host:port` as listened on. */
  readonly address: string;
  readonly port: number;
  /** Connections now open. */
  readonly connections: number;
  /** Ends streams with UNAVAILABLE, drains the rest and closes. Calling it again waits as well. */
  shutdown(): Promise<void>;
}

/**
 * Requests are small; 4 MiB is what gRPC servers take by default. Responses are bounded by what
 * the daemon holds. Below 16 KiB compression saves a dozen packets at most, and costs the router.
 */
export const defaultMessageLimits: MessageLimits = {
  readMaxBytes: 4 * 1024 * 1024,
  writeMaxBytes: 64 * 1024 * 1024,
  compressMinBytes: 16 * 1024,
};

const defaultHandshakeMs = 10_000;
const defaultDrainMs = 5_000;

/** Why calls end when the daemon does. */
export const shuttingDown: ConnectError = new ConnectError(
  "server shutting down",
  Code.Unavailable,
);

/** Serves RPCs on one port: gRPC, gRPC-Web and Connect, HTTP/2 and HTTP/1.1. */
export async function servePort(rpcs: readonly Rpc[], options: PortOptions): Promise<RpcPort> {
  const { clock, log, tls, limits = {} } = options;
  const asked = parseListenAddress(options.addr);
  const streams = new StreamRegistry();
  const { h2, http1Handler } = adapters(rpcs, streams, options);
  const http1 = await Http1Server.start(http1Handler, (error) => logError(log, error));
  const connections = new Connections({
    clock,
    log,
    http1,
    handler: h2,
    h2: { ...limits.h2 && { limits: limits.h2 }, onError: (error) => logError(log, error) },
    limits: limits.connections ?? {},
    splice: { ...defaultSpliceLimits, ...limits.http1 },
    handshakeMs: limits.handshakeMs ?? defaultHandshakeMs,
  });
  const listener = await listenOr(() => http1.close(), asked, {
    clock,
    log,
    ...tls && { tls },
    onConn: (conn, peer) => void connections.serve(conn, peer),
  });
  warnIfOpen(listener, options);
  let ended: Promise<void> | undefined;
  const end = async () => {
    listener.close();
    streams.close(shuttingDown);
    await connections.shutdown(limits.drainMs ?? defaultDrainMs);
    await http1.close();
  };
  return {
    address: formatListenAddress(listener.hostname, listener.port),
    port: listener.port,
    get connections() {
      return connections.size;
    },
    shutdown: () => ended ??= end(),
  };
}

function adapters(rpcs: readonly Rpc[], streams: StreamRegistry, options: PortOptions) {
  const messages = { ...defaultMessageLimits, ...options.limits?.messages };
  const table = rpcs.map((rpc) => instrumented(rpc, { ...options, streams }));
  const handlers = universalHandlers(table, messages);
  const shortcuts = grpcShortcuts(table, { ...messages, clock: options.clock });
  return {
    h2: h2Adapter({ handlers, shortcuts, ...messages }),
    http1Handler: http1Adapter({ handlers, ...messages, clock: options.clock }),
  };
}

/** Opens the port, or cleans up if that fails. */
async function listenOr(
  cleanUp: () => Promise<void>,
  address: ListenAddress,
  options: ListenOptions,
): Promise<Listener> {
  try {
    return listen(address, options);
  } catch (error) {
    await cleanUp();
    throw error;
  }
}

function warnIfOpen({ hostname, port }: Listener, { log, tls }: PortOptions): void {
  if (tls || isLoopback(hostname)) return;
  log.warn("grpc-listen-open", {
    addr: formatListenAddress(hostname, port),
    reason: "whoever reaches this port can pause backends and change weights: " +
      "there is neither TLS nor authentication",
  });
}

function logError(log: Logger, error: unknown): void {
  const err = error instanceof Error ? error.stack ?? error.message : String(error);
  log.error("grpc-handler-error", { err });
}
