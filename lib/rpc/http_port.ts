import type { H1Limits } from "../h1/mod.ts";
import type { ConnectionLimits, H2Limits, OctetRoom } from "../h2/mod.ts";
import { descriptorLimit, descriptorShares } from "../net/mod.ts";
import type { Logger } from "../log/mod.ts";
import type { Supervisor } from "../supervisor/mod.ts";
import type { Clock } from "../time/mod.ts";
import { formatListenAddress } from "./address.ts";
import type { ListenAddress } from "./address.ts";
import { connectionLimits, drainMs, handshakeMs } from "./budget.ts";
import type { PortName } from "./budget.ts";
import { Connections } from "./connections.ts";
import type { ProtocolHandlers } from "./connections.ts";
import { listen } from "./listener.ts";
import type { TlsOptions } from "./listener.ts";
import type { ConnectionObserver } from "./types.ts";

/** Limits of a port. What is not given has a default. */
export interface HttpPortLimits {
  /** How many connections there may be, in all and per peer; by default a share of descriptors. */
  readonly connections?: Partial<ConnectionLimits>;
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
  /** What requests may hold of what all connections share; endless unless given. */
  readonly room?: OctetRoom;
  readonly observer: ConnectionObserver;
  readonly clock: Clock;
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
  const { name, address, tls, handlers, limits = {}, observer, clock, log, supervisor } = options;
  const connections = new Connections({
    name,
    clock,
    log,
    observer,
    handlers,
    limits: {
      ...connectionLimits(name, descriptorShares(descriptorLimit()).servers),
      ...limits.connections,
    },
    ...options.room && { room: options.room },
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
