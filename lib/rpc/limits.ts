import type { BinaryReadOptions } from "@bufbuild/protobuf";
import type { BudgetSpec } from "../port/mod.ts";

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

/** What messages may cost all clients together. Each is opened once, by the server. */
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
} as const satisfies Record<string, BudgetSpec>;

/** What one connection may have of these, in the same units. */
export const connectionShares = {
  /** Eight of the largest requests, or thousands of usual ones. */
  requests: 1024 * 1024,
  /** The largest answer. */
  answers: 32 * 1024 * 1024,
} as const;

/** Every budget of messages. */
export const rpcBudgets: readonly BudgetSpec[] = [
  ...Object.values(callBudgets),
  ...Object.values(ownCallBudgets),
];
