import type { ConnectTarget, Engine } from "../net/mod.ts";
import type { HealthCheck } from "../config/mod.ts";
import type { BodySearch } from "./body_search.ts";
import type { HttpRequests } from "./http_request.ts";
import type { IcmpHubs } from "./icmp_hubs.ts";
import type { ProbeCode, ProbeTarget } from "./types.ts";

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

/** What all probes share. */
export interface ProbeContext {
  readonly engine: Engine;
  readonly requests: HttpRequests;
  readonly search: BodySearch;
  readonly icmp: IcmpHubs;
  /** PEM certificates that TLS trusts instead of the system's authorities, unless empty. */
  readonly ca: readonly string[];
}

/** A probe under way, as the runner sees it. */
export interface Attempt {
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

/** Where a probe of `target` to `port` connects, from its configured source. */
export function connectTarget(target: ProbeTarget, port: number): ConnectTarget {
  const { address, check, netns } = target;
  const source = address.family === 4 ? check.probeIpv4Source : check.probeIpv6Source;
  return { address, port, source, netns };
}
