import { Code, ConnectError } from "@connectrpc/connect";
import type { Logger } from "../log/mod.ts";
import type { Supervisor } from "../supervisor/mod.ts";
import type { Clock } from "../time/mod.ts";
import { isLoopback, parseListenAddress } from "./address.ts";
import { defaultMessageLimits } from "./budget.ts";
import type { Budgets } from "./budget/mod.ts";
import { instrumented } from "./call.ts";
import type { ProtocolHandlers } from "./connections.ts";
import { grpcShortcuts } from "./grpc_direct.ts";
import { type BrowserRules, guardedFromPages, strictRules } from "./host_check.ts";
import { httpAdapter } from "./http_adapter.ts";
import { openHttpPort } from "./http_port.ts";
import type { HttpPort, HttpPortLimits } from "./http_port.ts";
import type { Intake } from "./intake.ts";
import type { TlsOptions } from "./listener.ts";
import type { Outbox } from "./outbox.ts";
import type { Rpc } from "./rpc.ts";
import { StreamRegistry } from "./stream_registry.ts";
import type { ConnectionObserver, RpcObserver } from "./types.ts";
import { universalHandlers } from "./universal.ts";
import type { MessageLimits } from "./universal.ts";

/** Limits of the API's port. What is not given has a default. */
export interface PortLimits extends HttpPortLimits {
  /** Of single messages. */
  readonly messages?: Partial<MessageLimits>;
}

/** How to serve the API's port. */
export interface PortOptions {
  /** `host:port`, `[ipv6]:port` or `:port`; port 0 picks a free one. */
  readonly addr: string;
  readonly tls?: TlsOptions;
  readonly limits?: PortLimits;
  readonly intake: Intake;
  readonly outbox: Outbox;
  readonly observer: RpcObserver;
  readonly connections: ConnectionObserver;
  /** What browsers may call this machine, and from where; see {@link strictRules} without. */
  readonly browsers?: BrowserRules;
  /** Where the budgets of the port are opened. */
  readonly budgets: Budgets;
  readonly clock: Clock;
  /** Limited by whoever opens the port: clients can bring about what is said here. */
  readonly log: Logger;
  readonly supervisor: Supervisor;
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

/** Why calls end when the daemon does. */
export const shuttingDown: ConnectError = new ConnectError(
  "server shutting down",
  Code.Unavailable,
);

/** Serves RPCs on one port: gRPC, gRPC-Web and Connect, HTTP/2 and HTTP/1.1. */
export function servePort(rpcs: readonly Rpc[], options: PortOptions): RpcPort {
  const streams = new StreamRegistry();
  const port = openHttpPort({
    ...options,
    name: "grpc",
    room: options.intake.room,
    address: parseListenAddress(options.addr),
    handlers: adapters(rpcs, streams, options),
    observer: options.connections,
  });
  warnIfOpen(port, options);
  let ended: Promise<void> | undefined;
  const end = async () => {
    const closed = port.close();
    streams.close(shuttingDown);
    await closed;
  };
  return {
    address: port.address,
    port: port.port,
    get connections() {
      return port.connections;
    },
    shutdown: () => ended ??= end(),
  };
}

function adapters(
  rpcs: readonly Rpc[],
  streams: StreamRegistry,
  options: PortOptions,
): ProtocolHandlers {
  const messages = { ...defaultMessageLimits, ...options.limits?.messages };
  const { intake, outbox } = options;
  const table = rpcs.map((rpc) => instrumented(rpc, { ...options, streams }));
  const handlers = universalHandlers(table, messages);
  const shortcuts = grpcShortcuts(table, { ...messages, intake, outbox, clock: options.clock });
  const adapted = httpAdapter({ handlers, shortcuts, limits: messages, intake, outbox });
  return guardedFromPages(adapted, options.browsers ?? strictRules, options.log);
}

function warnIfOpen({ hostname, address }: HttpPort, { log, tls }: PortOptions): void {
  if (tls || isLoopback(hostname)) return;
  log.warn("grpc-listen-open", {
    addr: address,
    reason: "whoever reaches this port can pause backends and change weights: " +
      "there is neither TLS nor authentication",
  });
}
