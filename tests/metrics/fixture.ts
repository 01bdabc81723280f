import type { BackendSnapshot, CheckerView, FrontendSnapshot } from "../../lib/checker/mod.ts";
import type { Config } from "../../lib/config/mod.ts";
import type { BackendState } from "../../lib/health/mod.ts";
import { ipFromBytes } from "../../lib/ip/mod.ts";
import { createMetrics } from "../../lib/metrics/mod.ts";
import type { Metrics } from "../../lib/metrics/mod.ts";
import { rpcMethods } from "../../lib/rpc/mod.ts";
import { systemClock } from "../../lib/time/mod.ts";
import type { Clock } from "../../lib/time/mod.ts";
import type { LbCounters, VppService } from "../../lib/vpp/mod.ts";

/** A checker that holds what a test puts into it. */
export class FakeChecker implements CheckerView {
  readonly backends = new Map<string, BackendSnapshot>();
  readonly frontends = new Map<string, FrontendSnapshot>();
  readonly config = {} as Config;

  addBackend(name: string, state: BackendState = "up", healthcheck = "web"): void {
    const n = this.backends.size;
    const address = ipFromBytes(Uint8Array.of(10, n >> 16, (n >> 8) & 255, n & 255));
    this.backends.set(name, {
      config: { name, address, healthcheck, enabled: true },
      state,
      enabled: state !== "disabled",
      health: 4,
      since: 0,
      transitions: [],
      lastProbe: undefined,
      frontends: [],
    });
  }

  addFrontend(name: string, backends: readonly string[]): void {
    const pool = (name: string) => ({
      name,
      backends: backends.map((backend) => ({ backend, weight: 100 })),
    });
    this.frontends.set(name, {
      config: {
        name,
        description: "",
        address: ipFromBytes(Uint8Array.of(192, 0, 2, 1)),
        protocol: "tcp",
        port: 443,
        srcIpSticky: false,
        flushOnDown: true,
        pools: [pool("primary"), pool("fallback")],
      },
      state: "up",
      activePool: "primary",
      weights: [],
    });
  }

  backendNames = () => [...this.backends.keys()];
  frontendNames = () => [...this.frontends.keys()];
  healthcheckNames = () => [];
  backend = (name: string) => this.backends.get(name);
  frontend = (name: string) => this.frontends.get(name);
  healthcheck = () => undefined;
  subscribe = () => () => {};
}

/** A VPP that is connected and has counted something. */
export function fakeVpp(clock: Clock): VppService {
  const counters: LbCounters = {
    at: clock.wall(),
    vips: [{
      prefix: "192.0.2.1/32",
      protocol: "tcp",
      port: 443,
      next: 1,
      first: 2,
      untracked: 3,
      noServer: 4,
      packets: 10,
      bytes: 9_007_199_254_740_991,
    }],
    servers: [{ address: "10.0.0.1", packets: 7, bytes: 700 }],
  };
  const unused = () => Promise.reject(new Error("not part of this test"));
  return {
    info: () => ({
      version: "25.10",
      buildDate: "2025-10-29",
      buildDirectory: "/w",
      pid: 77,
      bootTime: clock.wall() - 60_000,
      connectedSince: clock.wall() - 5000,
    }),
    state: unused,
    plan: unused,
    sync: unused,
    counters: () => counters,
  };
}

/** Metrics around a fake checker, everything attached. */
export function metricsFixture(
  { clock = systemClock, vpp }: { clock?: Clock; vpp?: VppService } = {},
): { metrics: Metrics; checker: FakeChecker } {
  const checker = new FakeChecker();
  const metrics = createMetrics({
    clock,
    build: { version: "1.2.3", commit: "abc", date: "2026-11-21" },
    methods: rpcMethods({ reflection: true }),
  });
  const checkerStats = () => ({
    late: 6,
    maxLatenessMs: 51,
    stalls: 1,
    excused: 2,
    running: 3,
    scheduled: 4,
  });
  metrics.attach({ checker, vpp, logDropped: () => 5, checkerStats });
  return { metrics, checker };
}

/** One whole scrape as text. */
export async function scrapeText(metrics: Metrics): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const slice of metrics.scrape()) text += decoder.decode(slice, { stream: true });
  return text;
}
