/** A checker of the size that is benched. */

import type { CheckerEvent, CheckerView, FrontendSnapshot } from "../../lib/checker/mod.ts";
import type { Backend, Config, Frontend } from "../../lib/config/mod.ts";
import { activePool, type BackendState, effectiveWeights } from "../../lib/health/mod.ts";
import { type IpAddress, ipFromBytes } from "../../lib/ip/mod.ts";

/** Frontends, each a VIP. */
export const vipCount = 1_000;

/** Backends of each, all different. */
export const serversPerVip = 20;

/** 1,000 frontends with backends of their own; the health of each is what the bench says. */
export class BenchChecker implements CheckerView {
  readonly config: Config;
  readonly #states = new Map<string, BackendState>();
  #listener: ((event: CheckerEvent) => void) | undefined;

  constructor() {
    const backends = new Map<string, Backend>();
    const frontends = new Map<string, Frontend>();
    for (let i = 0; i < vipCount; i++) {
      const members = Array.from({ length: serversPerVip }, (_, j) => `b${i}-${j}`);
      for (const [j, name] of members.entries()) {
        const address = v4(10, i >> 8, i & 255, j + 1);
        backends.set(name, { name, address, healthcheck: "hc", enabled: true });
      }
      frontends.set(`f${i}`, {
        name: `f${i}`,
        description: "",
        address: v4(198, 18, i >> 8, i & 255),
        protocol: "tcp",
        port: 80,
        srcIpSticky: false,
        flushOnDown: true,
        pools: [{ name: "p", backends: members.map((backend) => ({ backend, weight: 100 })) }],
      });
    }
    this.config = {
      transitionHistory: 5,
      netns: "",
      lb: {
        ipv4Source: v4(10, 255, 0, 1),
        ipv6Source: ipFromBytes(new Uint8Array(16).fill(1)),
        syncIntervalMs: 3_600_000,
        stickyBucketsPerCore: 65_536,
        buckets: 1024,
        flowTimeoutSeconds: 40,
        startupMinDelayMs: 0,
        startupMaxDelayMs: 0,
      },
      healthchecks: new Map(),
      backends,
      frontends,
    };
  }

  /** Moves a backend to a state and tells who listens. */
  set(backend: string, to: BackendState): void {
    const from = this.#states.get(backend) ?? "up";
    this.#states.set(backend, to);
    const frontends = [`f${backend.slice(1).split("-")[0]}`];
    this.#listener?.({ kind: "backend", backend, transition: { from, to, at: 0 }, frontends });
  }

  backendNames = () => [...this.config.backends.keys()];
  frontendNames = () => [...this.config.frontends.keys()];
  healthcheckNames = () => [];
  backend = () => undefined;
  healthcheck = () => undefined;

  frontend(name: string): FrontendSnapshot | undefined {
    const config = this.config.frontends.get(name);
    if (!config) return undefined;
    const stateOf = (backend: string) => this.#states.get(backend) ?? "up";
    const pool = config.pools[activePool(config, stateOf)]?.name ?? "";
    return { config, state: "up", activePool: pool, weights: effectiveWeights(config, stateOf) };
  }

  subscribe(listener: (event: CheckerEvent) => void): () => void {
    this.#listener = listener;
    return () => this.#listener = undefined;
  }
}

function v4(...bytes: number[]): IpAddress {
  return ipFromBytes(new Uint8Array(bytes));
}
