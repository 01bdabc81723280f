import assert from "node:assert/strict";
import { type Config, parseConfig } from "../../../lib/config/mod.ts";

/** A pool: backend names and their weights. */
export type PoolSketch = Readonly<Record<string, number>>;

/** A frontend of a {@link Site}. */
export interface FrontendSketch {
  readonly address: string;
  /** TCP; 0 for all ports. */
  readonly port: number;
  readonly pools: readonly PoolSketch[];
  readonly sticky?: boolean;
  readonly flushOnDown?: boolean;
}

/** A configuration in few words, that operators of the tests change and reload. */
export interface Site {
  /** Addresses by name. */
  readonly backends: Readonly<Record<string, string>>;
  readonly frontends: Readonly<Record<string, FrontendSketch>>;
  /** Seconds; 0 and 0 when absent, which is no warm-up. */
  readonly startupDelays?: readonly [min: number, max: number];
  readonly flowTimeout?: string;
  /** One second when absent. */
  readonly probeTimeout?: string;
}

/** Three frontends over IPv4 and IPv6, two of them on one address, two pools in one. */
export const smallSite: Site = {
  backends: { a: "10.1.0.1", b: "10.1.0.2", c: "10.1.0.3", d: "fd00:1::1", e: "fd00:1::2" },
  frontends: {
    web: { address: "192.0.2.1", port: 80, pools: [{ a: 100, b: 50 }, { c: 30 }] },
    tls: { address: "192.0.2.1", port: 443, pools: [{ a: 100, b: 100 }], sticky: true },
    dns: { address: "2001:db8::53", port: 53, pools: [{ d: 100, e: 100 }] },
  },
};

/** The configuration that the site's file would give. */
export function siteConfig(site: Site): Config {
  const outcome = parseConfig(siteText(site), "site.yaml");
  assert.ok(outcome.kind === "valid", JSON.stringify(outcome));
  return outcome.config;
}

/** The site's file. JSON is YAML. */
export function siteText(
  { backends, frontends, startupDelays = [0, 0], flowTimeout, probeTimeout }: Site,
): string {
  return JSON.stringify({
    maglev: {
      healthchecker: {},
      vpp: {
        lb: {
          "ipv4-src-address": "198.51.100.1",
          "ipv6-src-address": "2001:db8:ffff::1",
          "sync-interval": "30s",
          "flow-timeout": flowTimeout ?? "40s",
          "startup-min-delay": `${startupDelays[0]}s`,
          "startup-max-delay": `${startupDelays[1]}s`,
        },
      },
      healthchecks: {
        probe: {
          type: "tcp",
          port: 80,
          interval: "1s",
          timeout: probeTimeout ?? "1s",
          rise: 2,
          fall: 3,
        },
      },
      backends: Object.fromEntries(
        Object.entries(backends).map((
          [name, address],
        ) => [name, { address, healthcheck: "probe" }]),
      ),
      frontends: Object.fromEntries(
        Object.entries(frontends).map(([name, frontend]) => [name, frontendFile(frontend)]),
      ),
    },
  });
}

function frontendFile(frontend: FrontendSketch): object {
  return {
    address: frontend.address,
    ...(frontend.port === 0 ? {} : { protocol: "tcp", port: frontend.port }),
    "src-ip-sticky": frontend.sticky ?? false,
    "flush-on-down": frontend.flushOnDown ?? true,
    pools: frontend.pools.map((pool, i) => ({
      name: `pool${i + 1}`,
      backends: Object.fromEntries(
        Object.entries(pool).map(([name, weight]) => [name, { weight }]),
      ),
    })),
  };
}
