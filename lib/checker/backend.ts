import type { Backend, HealthCheck } from "../config/mod.ts";
import { type BackendState, freshHealth, type Health, type Transition } from "../health/mod.ts";
import type { ProbeResult } from "../probes/mod.ts";
import type { FrontendEntry } from "./frontend.ts";
import { ProbeJob } from "./probing.ts";
import type { BackendSnapshot } from "./types.ts";

/** A backend's place in one frontend. */
export interface Membership {
  readonly frontend: FrontendEntry;
  /** Index of the pool. */
  readonly pool: number;
  /** The runtime weight. */
  weight: number;
}

/** Where a configuration uses a backend. */
export interface Placement {
  readonly memberships: readonly Membership[];
  /** Names of the frontends, sorted. */
  readonly frontends: readonly string[];
}

/** Everything known about one backend; lives as long as the configuration names it. */
export class BackendEntry {
  readonly name: string;
  readonly job: ProbeJob<BackendEntry>;
  config: Backend;
  placement: Placement = { memberships: [], frontends: [] };
  health: Health;
  /** Unix milliseconds at which the present state began. */
  since: number;
  transitions: readonly Transition<BackendState>[] = [];
  /** What the operator last said about `enabled`, undefined when he never did. */
  operatorEnabled: boolean | undefined;
  lastResult: ProbeResult | undefined;
  /** Unix milliseconds at which that probe ended. */
  lastAt = 0;

  constructor(config: Backend, check: HealthCheck, netns: string, wall: number) {
    this.name = config.name;
    this.config = config;
    this.health = freshHealth(config.enabled, check);
    this.since = wall;
    this.job = new ProbeJob(this, config.name, { address: config.address, check, netns });
  }

  /** The health check in force. */
  get check(): HealthCheck {
    return this.job.target.check;
  }

  /** What others may see of it. */
  snapshot(): BackendSnapshot {
    const { config, health, since, transitions, lastResult } = this;
    return {
      config,
      state: health.state,
      enabled: health.state !== "disabled",
      health: health.counter,
      since,
      transitions,
      lastProbe: lastResult && { ...lastResult, at: this.lastAt },
      frontends: this.placement.frontends,
    };
  }
}
