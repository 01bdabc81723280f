import type { BinaryReadOptions } from "@bufbuild/protobuf";
import type { BudgetSpec, SharedBudgetSpec, ShareLimits } from "../port/mod.ts";

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

/** One of {@link callClasses}. */
export type CallClass = keyof typeof callClasses;

/** Every budget of calls. */
export const rpcBudgets: readonly (BudgetSpec & Partial<ShareLimits>)[] = [
  ...Object.values(callBudgets),
  ...Object.values(ownCallBudgets),
  ...Object.values(callClasses),
];
