/** A checker whose backends are whatever a test says. */

import type {
  BackendSnapshot,
  CheckerEvent,
  CheckerView,
  FrontendSnapshot,
} from "../../lib/checker/mod.ts";
import type { Backend, Config, Frontend, HealthCheck, LbConfig } from "../../lib/config/mod.ts";
import {
  activePool,
  type BackendState,
  effectiveWeights,
  frontendState,
} from "../../lib/health/mod.ts";
import { ip } from "../support/ip.ts";

/** A frontend in few words: `{ vip: "192.0.2.1", key: "tcp 80", pools: [{ b1: 100 }] }`. */
export interface FrontendWish {
  readonly vip: string;
  /** `tcp 80`, or `any`. */
  readonly key: string;
  readonly sticky?: boolean;
  readonly flushOnDown?: boolean;
  readonly pools: readonly Readonly<Record<string, number>>[];
}

/** A configuration in few words. */
export interface ConfigWish {
  /** Names and addresses. */
  readonly backends: Readonly<Record<string, string>>;
  readonly frontends: Readonly<Record<string, FrontendWish>>;
  readonly lb?: Partial<LbConfig>;
}

/** The configuration spelled out. No warm-up unless asked for. */
export function configOf({ backends, frontends, lb }: ConfigWish): Config {
  return {
    transitionHistory: 5,
    netns: "",
    lb: {
      ipv4Source: ip("10.0.0.1"),
      ipv6Source: ip("fd00::1"),
      syncIntervalMs: 30_000,
      stickyBucketsPerCore: 65_536,
      buckets: 1024,
      flowTimeoutSeconds: 40,
      startupMinDelayMs: 0,
      startupMaxDelayMs: 0,
      ...lb,
    },
    healthchecks: new Map(),
    backends: new Map(
      Object.entries(backends).map(([name, address]): [string, Backend] => [
        name,
        { name, address: ip(address), healthcheck: "hc", enabled: true },
      ]),
    ),
    frontends: new Map(
      Object.entries(frontends).map(([name, wish]) => [name, frontendOf(name, wish)]),
    ),
  };
}

function frontendOf(name: string, wish: FrontendWish): Frontend {
  const [protocol, port = "0"] = wish.key.split(" ");
  return {
    name,
    description: "",
    address: ip(wish.vip),
    protocol: protocol === "tcp" || protocol === "udp" ? protocol : "any",
    port: Number(port),
    srcIpSticky: wish.sticky ?? false,
    flushOnDown: wish.flushOnDown ?? true,
    pools: wish.pools.map((pool, i) => ({
      name: `pool${i}`,
      backends: Object.entries(pool).map(([backend, weight]) => ({ backend, weight })),
    })),
  };
}

/** Backends are unknown until they are set. */
export class FakeChecker implements CheckerView {
  readonly #listeners = new Set<(event: CheckerEvent) => void>();
  readonly #states = new Map<string, BackendState>();
  #config: Config;
  #runtime: Map<string, Frontend>;

  constructor(wish: ConfigWish, state: BackendState = "unknown") {
    this.#config = configOf(wish);
    this.#runtime = new Map(this.#config.frontends);
    for (const name of this.#config.backends.keys()) this.#states.set(name, state);
  }

  get config(): Config {
    return this.#config;
  }

  /** Those who listen. */
  get listeners(): number {
    return this.#listeners.size;
  }

  /** Moves backends to a state, each with its event. */
  set(state: BackendState, ...backends: string[]): void {
    for (const backend of backends) {
      const from = this.#states.get(backend) ?? "unknown";
      this.#states.set(backend, state);
      const frontends = this.#using(backend);
      this.#emit({ kind: "backend", backend, transition: { from, to: state, at: 1 }, frontends });
    }
  }

  /** An operator sets a weight. */
  setWeight(frontend: string, backend: string, weight: number, flush: boolean): void {
    const config = this.#runtime.get(frontend);
    if (!config) throw new Error(`no frontend ${frontend}`);
    const pools = config.pools.map((pool) => ({
      ...pool,
      backends: pool.backends.map((one) => one.backend === backend ? { ...one, weight } : one),
    }));
    this.#runtime.set(frontend, { ...config, pools });
    this.#emit({ kind: "weight", frontend, pool: "pool0", backend, weight, flush });
  }

  /** Another configuration; backends that are new are unknown. */
  reload(wish: ConfigWish): void {
    this.#config = configOf(wish);
    this.#runtime = new Map(this.#config.frontends);
    for (const name of [...this.#states.keys()]) {
      if (!this.#config.backends.has(name)) this.#states.delete(name);
    }
    this.#emit({ kind: "reload" });
  }

  backendNames(): string[] {
    return [...this.#config.backends.keys()].sort();
  }

  frontendNames(): string[] {
    return [...this.#config.frontends.keys()].sort();
  }

  healthcheckNames(): string[] {
    return [];
  }

  backend(name: string): BackendSnapshot | undefined {
    const config = this.#config.backends.get(name);
    if (!config) return undefined;
    return {
      config,
      state: this.#stateOf(name),
      enabled: true,
      health: 0,
      since: 0,
      transitions: [],
      lastProbe: undefined,
      frontends: this.#using(name),
    };
  }

  frontend(name: string): FrontendSnapshot | undefined {
    const config = this.#runtime.get(name);
    if (!config) return undefined;
    const stateOf = (backend: string) => this.#stateOf(backend);
    return {
      config,
      state: frontendState(config, stateOf),
      activePool: config.pools[activePool(config, stateOf)]?.name ?? "",
      weights: effectiveWeights(config, stateOf),
    };
  }

  healthcheck(): HealthCheck | undefined {
    return undefined;
  }

  subscribe(listener: (event: CheckerEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #stateOf(backend: string): BackendState {
    return this.#states.get(backend) ?? "unknown";
  }

  #using(backend: string): string[] {
    return [...this.#config.frontends.values()]
      .filter(({ pools }) => pools.some((pool) => pool.backends.some((b) => b.backend === backend)))
      .map(({ name }) => name).sort();
  }

  #emit(event: CheckerEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
