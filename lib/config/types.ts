/**
 * The configuration as the program thinks of it: validated, defaults filled in, immutable.
 * What the user writes is `schema.ts`.
 */

import type { IpAddress } from "../ip/mod.ts";
import type { HealthCheck } from "./check_types.ts";

/** Everything in one file. Maps keep the file's order. */
export interface Config {
  /** Transitions kept per backend, at least 1. */
  readonly transitionHistory: number;
  /** How old health from before a restart may be, in milliseconds. */
  readonly stateMaxAgeMs: number;
  /** Network namespace that probes are sent from; empty is the daemon's own. */
  readonly netns: string;
  /** What a reload may take out of service of all VIPs, or of all servers, in percent. */
  readonly maxRemovalsPercent: number;
  /** What is set in VPP as a whole. */
  readonly lb: LbConfig;
  /** By name. */
  readonly healthchecks: ReadonlyMap<string, HealthCheck>;
  /** By name. */
  readonly backends: ReadonlyMap<string, Backend>;
  /** By name. */
  readonly frontends: ReadonlyMap<string, Frontend>;
}

/** `vpp.lb`: what is set globally in VPP's lb plugin, and when it is reconciled. */
export interface LbConfig {
  /** Outer source of GRE4. */
  readonly ipv4Source: IpAddress;
  /** Outer source of GRE6. */
  readonly ipv6Source: IpAddress;
  /** Between two comparisons of everything with VPP; above 0. */
  readonly syncIntervalMs: number;
  /** A power of two, 1 to 2^25. */
  readonly stickyBucketsPerCore: number;
  /** Length of the table of a VIP that is added: a power of two, 1 to 2^20. */
  readonly buckets: number;
  /** Whole seconds, 1 to 120. */
  readonly flowTimeoutSeconds: number;
  /** For this long after the start no VIP is touched. */
  readonly startupMinDelayMs: number;
  /** At least the minimum; both 0 is no warm-up. */
  readonly startupMaxDelayMs: number;
}

/** A server that is probed and, as an AS, given traffic. */
export interface Backend {
  /** Unique among its kind. */
  readonly name: string;
  /** Where it is reached. */
  readonly address: IpAddress;
  /** Name of its health check. */
  readonly healthcheck: string;
  /** Seeds the state of a fresh backend; an operator's later change wins. */
  readonly enabled: boolean;
}

/** A backend's place in a pool. */
export interface PoolBackend {
  /** Name of the backend. */
  readonly backend: string;
  /** 0 to 100. */
  readonly weight: number;
}

/** Backends that carry traffic together. */
export interface Pool {
  /** Unique among its kind. */
  readonly name: string;
  /** In the file's order, not empty. */
  readonly backends: readonly PoolBackend[];
}

/** What a VIP matches; `any` goes with port 0. */
export type FrontendProtocol = "tcp" | "udp" | "any";

/** A VIP and the pools behind it, most preferred first. */
export interface Frontend {
  /** Unique among its kind. */
  readonly name: string;
  /** Free text, one line; may be empty. */
  readonly description: string;
  /** Where it is reached. */
  readonly address: IpAddress;
  /** What is matched besides the port. */
  readonly protocol: FrontendProtocol;
  /** 0 is all ports. */
  readonly port: number;
  /** The client's address alone picks the backend. */
  readonly srcIpSticky: boolean;
  /** Flows of a backend that goes down are moved at once. */
  readonly flushOnDown: boolean;
  /** Milliseconds after which the flows of a drained backend are moved; 0 never. */
  readonly drainDeadlineMs: number;
  /** Milliseconds over which a backend that comes up gets its weight; 0 is at once. */
  readonly slowStartMs: number;
  /** When those that were last in use keep their weights: below so many percent up, 1 to 100. */
  readonly failOpen: "never" | "all-down" | number;
  /** At least one. */
  readonly pools: readonly Pool[];
}
