import type {
  BackendSnapshot,
  CheckerControl,
  CheckerEvent,
  CheckerView,
  FrontendSnapshot,
} from "../../lib/checker/mod.ts";
import { CheckerError } from "../../lib/checker/mod.ts";
import type { Backend, Config, Frontend, HealthCheck } from "../../lib/config/mod.ts";
import type { BackendState, FrontendState, Transition } from "../../lib/health/mod.ts";
import { ip } from "../support/ip.ts";

/** A checker that does what it is told: backends change state when a test says so. */
export class FakeChecker implements CheckerView, CheckerControl {
  readonly config: Config;
  readonly #backends = new Map<string, BackendSnapshot>();
  readonly #frontends = new Map<string, FrontendSnapshot>();
  readonly #listeners = new Set<(event: CheckerEvent) => void>();
  #held: CheckerEvent[] | undefined;
  /** The arguments of every `setWeight`. */
  readonly weightCalls: readonly unknown[][] = [];

  constructor(config: Config = smallConfig()) {
    this.config = config;
    for (const backend of config.backends.values()) {
      this.#backends.set(backend.name, freshBackend(backend, config));
    }
    for (const frontend of config.frontends.values()) {
      this.#frontends.set(frontend.name, freshFrontend(frontend));
    }
  }

  /** Callers of `subscribe` that have not unsubscribed. */
  get listeners(): number {
    return this.#listeners.size;
  }

  backendNames = (): readonly string[] => [...this.#backends.keys()].sort();
  frontendNames = (): readonly string[] => [...this.#frontends.keys()].sort();
  healthcheckNames = (): readonly string[] => [...this.config.healthchecks.keys()].sort();
  backend = (name: string): BackendSnapshot | undefined => this.#backends.get(name);
  frontend = (name: string): FrontendSnapshot | undefined => this.#frontends.get(name);
  healthcheck = (name: string): HealthCheck | undefined => this.config.healthchecks.get(name);

  subscribe(listener: (event: CheckerEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  pause = (name: string): BackendSnapshot => this.#steer(name, "paused", "failed-precondition");
  resume = (name: string): BackendSnapshot => this.#steer(name, "unknown", "failed-precondition");
  enable = (name: string): BackendSnapshot => this.#steer(name, "unknown", "not-found");
  disable = (name: string): BackendSnapshot => this.#steer(name, "disabled", "not-found");

  setWeight(
    frontend: string,
    pool: string,
    backend: string,
    weight: number,
    flush: boolean,
  ): FrontendSnapshot {
    (this.weightCalls as unknown[][]).push([frontend, pool, backend, weight, flush]);
    const found = this.#frontends.get(frontend);
    if (!found) throw new CheckerError("not-found", `frontend "${frontend}" not found`);
    return found;
  }

  /** Moves a backend to another state and tells everybody. */
  move(name: string, to: BackendState, at = 1_700_000_000_000): BackendSnapshot {
    const before = this.#backends.get(name);
    if (!before) throw new Error(`no backend ${name}`);
    const transition = { from: before.state, to, at };
    const after = { ...before, state: to, transitions: [transition, ...before.transitions] };
    this.#backends.set(name, after);
    this.#tell({ kind: "backend", backend: name, transition, frontends: before.frontends });
    return after;
  }

  /** Moves a frontend to another state and tells everybody. */
  moveFrontend(name: string, to: FrontendState, at = 1_700_000_000_000): void {
    const before = this.#frontends.get(name);
    if (!before) throw new Error(`no frontend ${name}`);
    const transition: Transition<FrontendState> = { from: before.state, to, at };
    this.#frontends.set(name, { ...before, state: to });
    this.#tell({ kind: "frontend", frontend: name, transition });
  }

  /** As a reload does: a backend appears. */
  add(backend: Backend): void {
    this.#backends.set(backend.name, freshBackend(backend, this.config));
    this.#tell({ kind: "reload" });
  }

  #steer(name: string, to: BackendState, missing: "not-found" | "failed-precondition") {
    if (this.#backends.has(name)) return this.move(name, to);
    throw new CheckerError(missing, `backend "${name}" not found`);
  }

  /** From now on events come late, as when a reload changes a great deal. */
  hold(): void {
    this.#held ??= [];
  }

  /** Delivers what was held, in order. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const event of held) this.#tell(event);
  }

  #tell(event: CheckerEvent): void {
    if (this.#held) return void this.#held.push(event);
    for (const listener of this.#listeners) listener(event);
  }
}

const timing = {
  intervalMs: 2000,
  fastIntervalMs: 500.5,
  downIntervalMs: 30_000,
  timeoutMs: 1500,
  rise: 2,
  fall: 3,
  probeIpv4Source: ip("192.0.2.1"),
  probeIpv6Source: undefined,
};

/** Two frontends, two pools, `count` backends, one health check of each type. */
export function smallConfig(count = 4): Config {
  const names = Array.from({ length: count }, (_, i) => `web${i}`);
  return {
    transitionHistory: 5,
    netns: "",
    lb: {
      ipv4Source: ip("192.0.2.1"),
      ipv6Source: ip("2001:db8::1"),
      syncIntervalMs: 30_000,
      stickyBucketsPerCore: 65_536,
      buckets: 1024,
      flowTimeoutSeconds: 40,
      startupMinDelayMs: 5000,
      startupMaxDelayMs: 30_000,
    },
    healthchecks: new Map(healthchecks().map((check) => [check.name, check])),
    backends: new Map(names.map((name, i) => [name, backendConfig(name, i)])),
    frontends: new Map(["www", "api"].map((name, i) => [name, frontendConfig(name, i, names)])),
  };
}

function healthchecks(): readonly HealthCheck[] {
  const tls = { serverName: "www.example.net", insecureSkipVerify: true };
  return [
    { ...timing, name: "ping", type: "icmp" },
    { ...timing, name: "smtp", type: "tcp", port: 25, tls: undefined },
    { ...timing, name: "imaps", type: "tcp", port: 993, tls },
    {
      ...timing,
      name: "web",
      type: "https",
      port: 443,
      path: "/healthz",
      host: "www.example.net",
      responseCodeMin: 200,
      responseCodeMax: 299,
      responseRegexp: "ok",
      tls,
    },
  ];
}

function backendConfig(name: string, i: number): Backend {
  const address = ip(`198.51.${Math.floor(i / 250) % 250}.${(i % 250) + 1}`);
  return { name, address, healthcheck: "web", enabled: true };
}

function frontendConfig(name: string, i: number, backends: readonly string[]): Frontend {
  const half = Math.ceil(backends.length / 2);
  const pool = (members: readonly string[], label: string) => ({
    name: label,
    backends: members.slice(0, 50).map((backend) => ({ backend, weight: 100 })),
  });
  return {
    name,
    description: `the ${name} service`,
    address: ip(`203.0.113.${i + 1}`),
    protocol: "tcp",
    port: 443,
    srcIpSticky: i === 1,
    flushOnDown: true,
    pools: [pool(backends.slice(0, half), "primary"), pool(backends.slice(half), "fallback")],
  };
}

function freshBackend(config: Backend, { frontends }: Config): BackendSnapshot {
  const users = [...frontends.values()].filter(({ pools }) =>
    pools.some(({ backends }) => backends.some(({ backend }) => backend === config.name))
  );
  return {
    config,
    state: "unknown",
    enabled: config.enabled,
    health: 1,
    since: 1_700_000_000_000.5,
    transitions: [],
    lastProbe: {
      ok: true,
      code: "L7OK",
      detail: "status 200",
      durationMs: 1.5,
      at: 1_700_000_001_000,
    },
    frontends: users.map(({ name }) => name).sort(),
  };
}

function freshFrontend(config: Frontend): FrontendSnapshot {
  return {
    config,
    state: "unknown",
    activePool: config.pools[0]?.name ?? "",
    weights: config.pools.flatMap(({ name: pool, backends }, i) =>
      backends.map(({ backend, weight }) => ({
        backend,
        pool,
        weight: i === 0 ? weight : 0,
        flush: false,
      }))
    ),
  };
}
