import type { HealthCheck } from "../config/mod.ts";
import type { IpAddress } from "../ip/mod.ts";

/**
 * Outcome codes, HAProxy's: the layer that was reached and how it went (docs/healthchecks.md,
 * "Result codes"). `SOCKERR` says nothing about the backend: this host lacked something, or
 * maglevd stood still.
 */
export const probeCodes = [
  "L4OK",
  "L4TOUT",
  "L4CON",
  "L6OK",
  "L6TOUT",
  "L6RSP",
  "L7OK",
  "L7TOUT",
  "L7RSP",
  "L7STS",
  "SOCKERR",
] as const;

/** One of {@link probeCodes}. */
export type ProbeCode = (typeof probeCodes)[number];

/** What one probe found. */
export interface ProbeResult {
  readonly ok: boolean;
  readonly code: ProbeCode;
  /** What was seen, for people: `status 503`, `connection refused`. */
  readonly detail: string;
  /** From the start until the kernel had the answer, or to the deadline. */
  readonly durationMs: number;
  /** When the certificate ends that the server showed, in Unix milliseconds; absent without one. */
  readonly certificateEnd?: number;
  /** What the head of a response said; absent unless a header of it is wanted. */
  readonly answer?: HttpAnswer;
}

/** The head of a response over HTTP. */
export interface HttpAnswer {
  readonly status: number;
  /** The wanted header's value, its octets as the characters of the same number, if it had that. */
  readonly header: string | undefined;
}

/** What one probe is to look at. */
export interface ProbeTarget {
  /** The backend's name, for the log. */
  readonly backend?: string;
  readonly address: IpAddress;
  readonly check: HealthCheck;
  /** Namespace to probe from; empty is the daemon's own. */
  readonly netns: string;
}

/**
 * Starts one probe. `done` is called exactly once, never synchronously, at the latest when the
 * check's timeout has passed, or a second later if it could not begin at once; after the returned function was called, not at all. What cannot even
 * be started is a failed result. Throws only the FatalError after which the process has to end.
 */
export type StartProbe = (target: ProbeTarget, done: (result: ProbeResult) => void) => CancelProbe;

/** Ends a probe early and frees what it holds. Harmless after `done`. */
export type CancelProbe = () => void;
