import type { Engine, Failure } from "../net/mod.ts";
import type { HealthCheck } from "../config/mod.ts";
import type { BodySearch } from "./body_search.ts";
import type { HttpRequests } from "./http_request.ts";
import type { IcmpHubs } from "./icmp_hubs.ts";
import type { TargetNotes } from "./target_notes.ts";
import type { HttpAnswer, ProbeCode, ProbeTarget } from "./types.ts";

/** How a probe ended, its duration aside. */
export interface Outcome {
  readonly ok: boolean;
  readonly code: ProbeCode;
  readonly detail: string;
}

/** The end of a probe that found everything in order. */
export function passed(code: ProbeCode, detail: string): Outcome {
  return { ok: true, code, detail };
}

/** The end of a probe that found something wrong. */
export function failed(code: ProbeCode, detail: string): Outcome {
  return { ok: false, code, detail };
}

/** The end of a probe that came to nothing for a lack of this host's own. */
export function hindered(lack: string): Outcome {
  return failed("SOCKERR", lack);
}

/** The end of a probe by `failure`, which is `code` unless this host is to blame. */
export function failedBy(code: ProbeCode, { reason, isOwn }: Failure): Outcome {
  return isOwn ? hindered(reason) : failed(code, reason);
}

/** What all probes share. */
export interface ProbeContext {
  readonly engine: Engine;
  readonly requests: HttpRequests;
  readonly search: BodySearch;
  readonly icmp: IcmpHubs;
  readonly notes: TargetNotes;
  /** The name of a header of HTTP's responses whose value is told, in lower case. */
  readonly wantedHeader?: Uint8Array | undefined;
  /** PEM certificates that TLS trusts instead of the system's authorities, unless empty. */
  readonly ca: readonly string[];
}

/** A probe under way, as the runner sees it. */
export interface Attempt {
  /**
   * Clock milliseconds at which it got to its target, where that can be later than its start: its
   * time and its duration count from then. Undefined while it has not.
   */
  readonly sentAt?: number | undefined;
  /** When the kernel had what the attempt heard last; undefined when it heard nothing. */
  readonly heardAt: number | undefined;
  /** The longest time in ms for which what had come for it was not looked at. */
  readonly heldUpMs: number;
  /** When the certificate ends that the server has shown, in Unix milliseconds. */
  readonly certificateEnd?: number | undefined;
  /** What was answered over HTTP, where a header of it is wanted. */
  readonly answer?: HttpAnswer | undefined;
  /** What it means that the time is over now. */
  timedOut(): Outcome;
  /** Frees everything. Called once, after which the attempt reports nothing. */
  close(): void;
}

/**
 * One type of probe: begins, and reports one outcome, at once or later. Everything it waits for it
 * waits for through the engine; the deadline is the runner's.
 */
export type Probe<Check extends HealthCheck> = (
  context: ProbeContext,
  target: ProbeTarget,
  check: Check,
  report: (outcome: Outcome) => void,
) => Attempt;

/** `1.5s`, `200ms`: a duration in milliseconds, for details. */
export function formatSeconds(ms: number): string {
  return ms < 1000 ? `${ms}ms` : `${ms / 1000}s`;
}
