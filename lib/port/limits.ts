import type { H2Limits } from "../h2/mod.ts";
import type { TurnLimits } from "../time/mod.ts";
import type { SharedBudgetSpec, ShareLimits } from "./peer_shares.ts";

/** The ports that maglevd listens on, as their log records and metrics name them. */
export const portNames = ["grpc", "metrics"] as const;

/** One of {@link portNames}, or the one of maglevd-frontend, which is alone in its process. */
export type PortName = (typeof portNames)[number] | "web";

/** What each port has of the descriptors that clients may take. A scraper needs one or two. */
const shares: Readonly<Record<PortName, number>> = { grpc: 3 / 4, metrics: 1 / 4, web: 1 };

/** Connections of one port at most: 1,024 times what one may hold is what the machine may have to. */
const mostConnections = 1024;

/** Even where descriptors are few, an operator gets in, and so does Prometheus. */
const fewestConnections = 2;

/** Of one prefix: eight networks full of clients that are all busy fill a port. */
const mostPerPrefix = 128;

/** For this machine alone: a shell, a script and a scraper at a time, several times over. */
const mostReserved = 32;

/** Closed connections that may linger until what was sent last has arrived. */
const mostLeaving = 16;

/** How many connections a port takes. */
export interface ConnectionLimits extends ShareLimits {
  /** In all. */
  readonly connections: number;
  /** On top of all, those that have given way and are about to be closed. */
  readonly leaving: number;
}

/**
 * How many connections a port takes when `descriptors` are left for clients, one for each; probes
 * and VPP have theirs already.
 */
export function connectionLimits(port: PortName, descriptors: number): ConnectionLimits {
  const share = Math.floor(descriptors * shares[port]);
  const leaving = Math.min(mostLeaving, Math.floor(share / 16));
  const connections = Math.max(fewestConnections, Math.min(mostConnections, share - leaving));
  const reserved = Math.min(mostReserved, Math.ceil(connections / 8));
  const perPrefix = Math.min(mostPerPrefix, Math.ceil((connections - reserved) / 4));
  return { connections, perPrefix, reserved, leaving };
}

/**
 * Requests under way on each port. Scrapes share what they read, and cost little more than their
 * connections: 512, so that hundreds of networks that read nothing leave room for who does.
 */
const requests: Readonly<Record<PortName, number>> = { grpc: 4096, metrics: 512, web: 4096 };

/** How many requests may be under way on a port. */
export interface RequestLimits extends ShareLimits {
  /** In all. */
  readonly requests: number;
}

/**
 * The requests of a port: a quarter is for this machine, and an eighth is what one prefix gets. So
 * one has room for 500 watchers and never takes all that there may be.
 */
export function requestLimits(port: PortName): RequestLimits {
  const all = requests[port];
  return { requests: all, perPrefix: all / 8, reserved: all / 4 };
}

function portBudget(
  port: PortName,
  unit: string,
  limit: number,
  { perPrefix, reserved }: ShareLimits,
  reason: string,
): SharedBudgetSpec {
  return { name: `${port}-${unit}`, unit, limit, perPrefix, reserved, reason };
}

/** What is counted of a port's connections. */
export function connectionBudget(port: PortName, limits: ConnectionLimits): SharedBudgetSpec {
  const reason =
    "Each costs a descriptor, of which probes and VPP need most, and memory. An idle " +
    "one gives way to a newcomer, a busy one if its prefix has most.";
  return portBudget(port, "connections", limits.connections, limits, reason);
}

/** What is counted of a port's requests. */
export function requestBudget(port: PortName, limits: RequestLimits): SharedBudgetSpec {
  const reason = "Each holds its header, its handler and its answer, streams until they end. The " +
    "newest of the prefix that has most gives way to a prefix with fewer.";
  return portBudget(port, "requests", limits.requests, limits, reason);
}

/**
 * Handshakes of TLS under way on a port. One that stalls costs 90 KB of memory, with up to 128 KiB
 * besides of what the client has sent. There are so many that someone has several while 480 networks
 * stall at once: who has most gives way only to who has less than one fewer. A prefix that opens as
 * many connections at once as it may have takes two rounds.
 */
export const handshakeLimits: ShareLimits & { readonly handshakes: number } = {
  ...{ handshakes: 1_024, perPrefix: 64, reserved: 64 },
};

/** What is counted of a port's handshakes. */
export function handshakeBudget(port: PortName): SharedBudgetSpec {
  const reason = "Of TLS, not over yet: each costs memory and a signature. The newest of the " +
    "prefix that has most gives way to a prefix with fewer.";
  return portBudget(port, "handshakes", handshakeLimits.handshakes, handshakeLimits, reason);
}

/** Milliseconds that a connection has to leave when it has given way to another. */
export const leaveMs = 1_000;

/** Milliseconds in which a client has to say what it speaks, TLS handshake included. */
export const handshakeMs = 10_000;

/** Milliseconds that requests under way get at shutdown. */
export const drainMs = 5_000;

/**
 * Connections that may wait to be accepted, of strangers and of this machine itself each. A longer
 * queue is a longer wait, a shorter one a second attempt after a second; the kernel has the last
 * word (net.core.somaxconn).
 */
export const queueLength = 1024;

/** What one turn of the loop has for accepting connections from one queue, at 0.1 ms each. */
export const acceptLimits: TurnLimits = { pieces: 32, ms: 2 };

/**
 * What one turn of the loop has for what clients say, 8 KiB of one connection at a time: strangers
 * together, and this machine's own clients together. Probes and VPP have the rest.
 */
export const workLimits: TurnLimits = { pieces: 32, ms: 2 };

/** Milliseconds without accepting when descriptors or memory have run out: they may come free. */
export const lackPauseMs = 50;

/**
 * Connections that fail in a row before one is accepted, as clients that reset them at once make
 * them do; then other work has its turn for {@link failurePauseMs}. Some 10,000 a second remain.
 */
export const failuresInARow = 100;

/** Milliseconds of pause after so many. */
export const failurePauseMs = 10;

/**
 * Of one HTTP/2 connection, where requests have next to no bodies: of those that come all the same so
 * many octets at most wait for an answer to be taken. No less is possible (RFC 9113 section 6.9.2).
 */
export const bodyless: Partial<H2Limits> = { connectionWindow: 65_535 };

/** Longest body, in octets, that is read although nobody wants it. */
export const skippedBytes = 65_536;

/** The budgets of a port that has all descriptors it can make use of. */
export function portBudgets(port: PortName): readonly SharedBudgetSpec[] {
  return [
    connectionBudget(port, connectionLimits(port, Infinity)),
    requestBudget(port, requestLimits(port)),
    handshakeBudget(port),
  ];
}
