/** Configurations in few words. */

import type { Backend, Config, Frontend, LbConfig } from "../../../lib/config/mod.ts";
import { httpCheck } from "../../probes/support/checks.ts";
import { ip } from "../../support/ip.ts";

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

/** One probe decides; there is always one on its way, for as long as a test lets it be. */
const check = httpCheck({
  name: "hc",
  rise: 1,
  fall: 1,
  intervalMs: 1,
  fastIntervalMs: 1,
  downIntervalMs: 1,
  timeoutMs: 1e9,
});

/** The configuration spelled out. No warm-up unless asked for. */
export function configOf({ backends, frontends, lb }: ConfigWish): Config {
  return {
    transitionHistory: 5,
    stateMaxAgeMs: 120_000,
    maxRemovalsPercent: 100,
    netns: "",
    lb: {
      ipv4Source: ip("203.0.113.254"),
      ipv6Source: ip("2001:db8:ffff::1"),
      syncIntervalMs: 30_000,
      stickyBucketsPerCore: 65_536,
      buckets: 1024,
      flowTimeoutSeconds: 40,
      startupMinDelayMs: 0,
      startupMaxDelayMs: 0,
      ...lb,
    },
    healthchecks: new Map([[check.name, check]]),
    backends: new Map(
      Object.entries(backends).map(([name, address]): [string, Backend] => [
        name,
        { name, address: ip(address), healthcheck: check.name, enabled: true },
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
    drainDeadlineMs: 0,
    slowStartMs: 0,
    failOpen: "never",
    pools: wish.pools.map((pool, i) => ({
      name: `pool${i}`,
      backends: Object.entries(pool).map(([backend, weight]) => ({ backend, weight })),
    })),
  };
}
