import type { H1Limits } from "../h1/mod.ts";
import type { H2Limits, OctetRoom } from "../h2/mod.ts";
import { descriptorLimit, descriptorShares } from "../net/mod.ts";
import type { Logger } from "../log/mod.ts";
import type { Supervisor } from "../supervisor/mod.ts";
import type { Clock } from "../time/mod.ts";
import { formatListenAddress } from "./address.ts";
import type { ListenAddress } from "./address.ts";
import {
  connectionBudget,
  connectionLimits,
  drainMs,
  handshakeMs,
  requestBudget,
  requestLimits,
} from "./budget.ts";
import type { ConnectionLimits, PortName, RequestLimits } from "./budget.ts";
import type { Budgets } from "./budget/mod.ts";
import { Connections } from "./connections.ts";
import type { ProtocolHandlers } from "./connections.ts";
import { listen } from "./listener.ts";
import type { TlsOptions } from "./listener.ts";
import { PeerShares } from "./peer_shares.ts";
import type { ConnectionObserver } from "./types.ts";

/** Limits of a port. What is not given has a default. */
export interface HttpPortLimits {
  /** How many connections there may be, in all and per prefix; by default a share of descriptors. */
  readonly connections?: Partial<ConnectionLimits>;
  /** How many requests may be under way, in all and per prefix. */
  readonly requests?: Partial<RequestLimits>;
  /** Of one HTTP/2 connection. */
  readonly h2?: Partial<H2Limits>;
  /** Of one HTTP/1.1 connection. */
  readonly h1?: Partial<H1Limits>;
  /** Milliseconds in which a client has to say what it speaks. */
  readonly handshakeMs?: number;
  /** Milliseconds that requests under way get at shutdown. */
  readonly drainMs?: number;
}

/** How to serve a port. */
export interface HttpPortOptions {
  /** Names it in log records, tasks and metrics. */
  readonly name: PortName;
  readonly address: ListenAddress;
  readonly tls?: TlsOptions;
  readonly handlers: ProtocolHandlers;
  readonly limits?: HttpPortLimits;
  /** What requests of a peer may hold of what connections share; endless unless given. */
  readonly roomOf?: (peer: string) => OctetRoom;
  readonly observer: ConnectionObserver;
  /** Where the budgets of the port are opened. */
  readonly budgets: Budgets;
  readonly clock: Clock;
  /** Limited by whoever opens the port: clients can bring about what is said here. */
  readonly log: Logger;
  /** Keeps the listener going. */
  readonly supervisor: Supervisor;
}

/** A port being served. */
export interface HttpPort {
  /** `host:port` as listened on. */
  readonly address: string;
  readonly hostname: string;
  readonly port: number;
  /** Connections now open. */
  readonly connections: number;
  /** Stops listening, lets requests under way end within the drain limit, and closes. */
  close(): Promise<void>;
}

/** Serves HTTP/1.1 and HTTP/2 on one port. Throws a sentence if the port cannot be had. */
export function openHttpPort(options: HttpPortOptions): HttpPort {
  const { name, address, tls, handlers, limits = {} } = options;
  const { observer, clock, log, supervisor } = options;
  const connections = new Connections({
    name,
    clock,
    log,
    observer,
    handlers,
    ...shares(options),
    ...options.roomOf && { roomOf: options.roomOf },
    h1: limits.h1 ?? {},
    h2: limits.h2 ?? {},
    handshakeMs: limits.handshakeMs ?? handshakeMs,
  });
  const listener = listen(address, {
    name,
    clock,
    log,
    observer,
    supervisor,
    ...tls && { tls },
    onConn: (conn, peer) => void connections.serve(conn, peer),
  });
  return {
    address: formatListenAddress(listener.hostname, listener.port),
    hostname: listener.hostname,
    port: listener.port,
    get connections() {
      return connections.size;
    },
    async close() {
      await listener.close();
      await connections.shutdown(limits.drainMs ?? drainMs);
    },
  };
}

/** Opens the budgets of a port. */
function shares({ name, limits = {}, budgets }: HttpPortOptions) {
  const descriptors = descriptorShares(descriptorLimit()).servers;
  const connections = { ...connectionLimits(name, descriptors), ...limits.connections };
  const requests = { ...requestLimits(name), ...limits.requests };
  return {
    connections: new PeerShares(budgets.open(connectionBudget(name, connections)), connections),
    requests: new PeerShares(budgets.open(requestBudget(name, requests)), requests),
    leaving: connections.leaving,
  };
}
