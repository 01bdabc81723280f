import type { H1Limits } from "../h1/mod.ts";
import type { H2Limits, OctetRoom } from "../h2/mod.ts";
import type { Logger } from "../log/mod.ts";
import { descriptorLimit, descriptorShares } from "../net/mod.ts";
import type { Supervisor } from "../supervisor/mod.ts";
import type { Clock } from "../time/mod.ts";
import type { TlsSource } from "../tls/mod.ts";
import type { ListenAddress, SocketAddress } from "./address.ts";
import {
  connectionBudget,
  type ConnectionLimits,
  connectionLimits,
  drainMs,
  handshakeBudget,
  handshakeLimits,
  handshakeMs,
  type PortName,
  requestBudget,
  type RequestLimits,
  requestLimits,
} from "./limits.ts";
import type { Budgets } from "./budget.ts";
import { type ConnectionObserver, Connections, type ProtocolHandlers } from "./connections.ts";
import { listen, type Listener, type ListenOptions } from "./listener.ts";
import { PeerShares } from "./peer_shares.ts";
import { listenUnix, type SocketRights, usualRights } from "./unix_socket.ts";

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
  /** One at least. What they share is shared by their clients together. */
  readonly addresses: readonly (ListenAddress | SocketAddress)[];
  /** Who may connect to those in the file system; the owner and its group unless given. */
  readonly rights?: SocketRights;
  /** Of those on a network. */
  readonly tls?: TlsSource | undefined;
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
  /** The first address as listened on: `127.0.0.1:9090`. */
  readonly address: string;
  /** All of them, in the order in which they were asked for. */
  readonly addresses: readonly string[];
  /** The port of the first of them that is on a network; 0 when none is. */
  readonly port: number;
  /** Connections now open. */
  readonly connections: number;
  /** Stops listening, lets requests under way end within the drain limit, and closes. */
  close(): Promise<void>;
}

/** Serves HTTP/1.1 and HTTP/2 on one port. Throws a sentence if the port cannot be had. */
export function openHttpPort(options: HttpPortOptions): HttpPort {
  const { addresses, rights = usualRights, tls, limits = {} } = options;
  const connections = new Connections({
    ...options,
    ...shares(options),
    h1: limits.h1 ?? {},
    h2: limits.h2 ?? {},
    handshakeMs: limits.handshakeMs ?? handshakeMs,
  });
  const accepting = (source?: TlsSource): ListenOptions => ({
    ...options,
    onConn: (conn, peer) => void connections.serve(conn, peer, source),
  });
  const listeners = listenOn(
    addresses,
    (address) =>
      "path" in address
        ? listenUnix(address, rights, accepting())
        : listen(address, accepting(tls)),
  );
  return {
    address: listeners[0]?.address ?? "",
    addresses: listeners.map(({ address }) => address),
    port: listeners.find(({ port }) => port !== undefined)?.port ?? 0,
    get connections() {
      return connections.size;
    },
    async close() {
      await Promise.all(listeners.map((listener) => listener.close()));
      await connections.shutdown(limits.drainMs ?? drainMs);
    },
  };
}

/** Listens on all addresses, or on none and throws. */
function listenOn(
  addresses: readonly (ListenAddress | SocketAddress)[],
  open: (address: ListenAddress | SocketAddress) => Listener,
): readonly Listener[] {
  const listeners: Listener[] = [];
  try {
    for (const address of addresses) listeners.push(open(address));
    return listeners;
  } catch (error) {
    // They do not listen any more when this has returned; only their tasks end later.
    for (const listener of listeners) void listener.close();
    throw error;
  }
}

/** Opens the budgets of a port. */
function shares({ name, limits = {}, budgets }: HttpPortOptions) {
  const descriptors = descriptorShares(descriptorLimit()).servers;
  const connections = { ...connectionLimits(name, descriptors), ...limits.connections };
  const requests = { ...requestLimits(name), ...limits.requests };
  return {
    connections: new PeerShares(budgets.open(connectionBudget(name, connections)), connections),
    requests: new PeerShares(budgets.open(requestBudget(name, requests)), requests),
    handshakes: new PeerShares(budgets.open(handshakeBudget(name)), handshakeLimits),
    leaving: connections.leaving,
  };
}
