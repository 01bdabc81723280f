import type { ConnectionLimits } from "../h2/mod.ts";
import type { MessageLimits } from "./universal.ts";

/** The ports that maglevd listens on, as their log records and metrics name them. */
export const portNames = ["grpc", "metrics"] as const;

/** One of {@link portNames}. */
export type PortName = (typeof portNames)[number];

/** What each port has of the descriptors that clients may take. A scraper needs one or two. */
const shares: Readonly<Record<PortName, number>> = { grpc: 3 / 4, metrics: 1 / 4 };

/** Connections of one port at most: 1,024 times what one may hold is what the machine may have to. */
const mostConnections = 1024;

/** Even where descriptors are few, an operator gets in, and so does Prometheus. */
const fewestConnections = 2;

/** Connections of one peer at most: one mad client leaves room for the others. */
const mostPerPeer = 256;

/**
 * How many connections a port takes when `descriptors` are left for clients, one for each; probes
 * and VPP have theirs already.
 */
export function connectionLimits(port: PortName, descriptors: number): ConnectionLimits {
  const share = Math.floor(descriptors * shares[port]);
  const connections = Math.max(fewestConnections, Math.min(mostConnections, share));
  const half = Math.ceil(connections / 2);
  return {
    connections,
    connectionsPerPeer: Math.max(fewestConnections, Math.min(mostPerPeer, half)),
  };
}

/** Milliseconds in which a client has to say what it speaks, TLS handshake included. */
export const handshakeMs = 10_000;

/** Milliseconds that requests under way get at shutdown. */
export const drainMs = 5_000;

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
 * Octets of messages. Requests are small; 4 MiB is what gRPC servers take by default. Responses
 * are bounded by what the daemon holds. Below 16 KiB compression saves a dozen packets at most,
 * and costs the router.
 */
export const defaultMessageLimits: MessageLimits = {
  readMaxBytes: 4 * 1024 * 1024,
  writeMaxBytes: 64 * 1024 * 1024,
  compressMinBytes: 16 * 1024,
};

/** Longest body, in octets, that is read although nobody wants it. */
export const skippedBytes = 65_536;
