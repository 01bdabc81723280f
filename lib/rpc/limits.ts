import type { BinaryReadOptions } from "@bufbuild/protobuf";
import type { TurnLimits } from "../time/mod.ts";
import type { BudgetSpec } from "./budget.ts";
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

/** Limits on messages, in bytes. */
export interface MessageLimits {
  /** Largest request message, also once decompressed. */
  readonly readMaxBytes: number;
  /** Largest response message. */
  readonly writeMaxBytes: number;
  /** Responses from this size on are compressed for clients that accept it. */
  readonly compressMinBytes: number;
}

/**
 * Octets of messages, as sent and once decompressed. No request of the API needs a hundredth of 64
 * KiB, and reading as much, all of it fields that nobody knows, takes 3 ms. Responses are bounded
 * by what the daemon holds: 10,000 backends are 2 MB. Below 16 KiB compression saves a dozen
 * packets at most, and costs the router.
 */
export const defaultMessageLimits: MessageLimits = {
  readMaxBytes: 64 * 1024,
  writeMaxBytes: 32 * 1024 * 1024,
  compressMinBytes: 16 * 1024,
};

/** Fields that a newer client sends are skipped: kept, they would take 30 times the room. */
export const requestOptions: Partial<BinaryReadOptions> = { readUnknownFields: false };

/** Octets of a request that are read at once, however many others came in the same turn. */
export const quickBytes = 4096;

/** What calls may cost all clients together. Each is opened once by the server of the API. */
export const callBudgets = {
  requests: {
    name: "request-bytes",
    unit: "bytes",
    limit: 16 * 1024 * 1024,
    reason: "Requests under way, header fields included: two hundred of the largest.",
  },
  answers: {
    name: "answer-bytes",
    unit: "bytes",
    limit: 64 * 1024 * 1024,
    reason: "Answers that clients have not taken yet; what several are sent counts once.",
  },
  watchers: {
    name: "watchers",
    unit: "streams",
    limit: 1024,
    reason:
      "Streams of WatchEvents: each costs its share of every event. The newest of the prefix " +
      "that has most gives way to a prefix with fewer.",
  },
  debugWatchers: {
    name: "debug-watchers",
    unit: "streams",
    limit: 32,
    reason: "Those with log records of level debug, several for each probe.",
  },
  backlog: {
    name: "watch-backlog-bytes",
    unit: "bytes",
    limit: 64 * 1024 * 1024,
    reason: "Events that watchers have not read yet; the one furthest behind is cut off.",
  },
} as const satisfies Record<string, BudgetSpec>;

/** The same for this machine itself, so that strangers who use up theirs lock no operator out. */
export const ownCallBudgets = {
  requests: {
    name: "own-request-bytes",
    unit: "bytes",
    limit: 4 * 1024 * 1024,
    reason: "Those of this machine itself.",
  },
  answers: {
    name: "own-answer-bytes",
    unit: "bytes",
    limit: 32 * 1024 * 1024,
    reason: "Those to this machine itself: the largest answer, or many usual ones.",
  },
  watchers: {
    name: "own-watchers",
    unit: "streams",
    limit: 512,
    reason: "Those of this machine itself.",
  },
  debugWatchers: {
    name: "own-debug-watchers",
    unit: "streams",
    limit: 8,
    reason: "Those of this machine itself: an operator or two at work.",
  },
  backlog: {
    name: "own-watch-backlog-bytes",
    unit: "bytes",
    limit: 16 * 1024 * 1024,
    reason: "Those of this machine itself: two watchers as far behind as one may be.",
  },
} as const satisfies Record<string, BudgetSpec>;

/** What one connection may have of these, in the same units. */
export const connectionShares = {
  /** Eight of the largest requests, or thousands of usual ones. */
  requests: 1024 * 1024,
  /** The largest answer. */
  answers: 32 * 1024 * 1024,
} as const;

/**
 * Calls that cost more than an answer from memory: how many of each class are under way at most.
 * Who waits for the same shares one answer, so that these bound what waiting costs.
 */
export const callClasses = {
  checks: {
    name: "check-calls",
    unit: "calls of CheckConfig",
    limit: 8,
    perPrefix: 2,
    reserved: 2,
    reason: "Each reads and parses the whole file, one after the other.",
  },
  reloads: {
    name: "reload-calls",
    unit: "calls of ReloadConfig",
    limit: 8,
    perPrefix: 2,
    reserved: 2,
    reason: "Each reads the file, compares everything and syncs all of VPP.",
  },
  vppReads: {
    name: "vpp-read-calls",
    unit: "calls that read VPP",
    limit: 64,
    perPrefix: 16,
    reserved: 16,
    reason: "VPP is asked for all it holds; a plan compares that with what is desired.",
  },
  vppSyncs: {
    name: "vpp-sync-calls",
    unit: "calls of SyncVPPLBState",
    limit: 16,
    perPrefix: 4,
    reserved: 4,
    reason: "Each asks VPP for all it holds and brings it in line.",
  },
  lists: {
    name: "list-calls",
    unit: "calls for long lists",
    limit: 2048,
    perPrefix: 256,
    reserved: 512,
    reason: "Lists with details and pages of events are made in slices, once for all who wait.",
  },
  archive: {
    name: "archive-calls",
    unit: "calls for old events",
    limit: 32,
    perPrefix: 8,
    reserved: 16,
    reason: "Each may look at 20,000 events on disk, for a tenth of a second, one after the other.",
  },
} as const satisfies Record<string, SharedBudgetSpec>;

/**
 * Scrapes that have not been read yet. Renderings are shared by whoever asks meanwhile, so that
 * these bound how slowly all of them may read.
 */
export const scrapeBudgets = {
  strangers: {
    name: "scrape-bytes",
    unit: "bytes",
    limit: 24 * 1024 * 1024,
    reason: "Scrapes that are not read yet, one of 10,000 backends or 20 compressed; who is " +
      "furthest behind in the largest is cut off.",
  },
  own: {
    name: "own-scrape-bytes",
    unit: "bytes",
    limit: 32 * 1024 * 1024,
    reason: "Those of this machine itself: one of 10,000 backends, or many compressed.",
  },
} as const satisfies Record<string, BudgetSpec>;

/** One of {@link callClasses}. */
export type CallClass = keyof typeof callClasses;

/** Longest body, in octets, that is read although nobody wants it. */
export const skippedBytes = 65_536;

/** Every budget there is, as large as it is where descriptors are not few. */
export function budgetList(): readonly (BudgetSpec & Partial<ShareLimits>)[] {
  return [
    ...portNames.map((port) => connectionBudget(port, connectionLimits(port, Infinity))),
    ...portNames.map((port) => requestBudget(port, requestLimits(port))),
    ...portNames.map(handshakeBudget),
    ...Object.values(callBudgets),
    ...Object.values(ownCallBudgets),
    ...Object.values(callClasses),
    ...Object.values(scrapeBudgets),
  ];
}
