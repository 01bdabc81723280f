import type { CheckTiming, Config, Frontend, HealthCheck } from "../config/mod.ts";
import { type IpAddress, parseIp } from "../ip/mod.ts";

/** A health check in few words. */
export interface SiteCheck
  extends Omit<CheckTiming, "name" | "probeIpv4Source" | "probeIpv6Source"> {
  readonly type: "tcp" | "http" | "icmp";
  readonly port: number;
}

/** A backend: one of the site's servers under a name. */
export interface SiteBackend {
  /** Its number: `10.0.0.N+1`, or `2001:db8:1::N+1` for those of IPv6. */
  readonly server: number;
  readonly check: string;
  readonly enabled: boolean;
}

/** A frontend: a port of one of the site's VIPs. */
export interface SiteFrontend
  extends Pick<Frontend, "protocol" | "port" | "flushOnDown" | "drainDeadlineMs"> {
  /** Its number: `192.0.2.N+1`, or `2001:db8::N+1` for odd ones. */
  readonly vip: number;
  readonly sticky: boolean;
  /** `never` where it is left out. */
  readonly failOpen?: Frontend["failOpen"];
  /** 0 where it is left out. */
  readonly slowStartMs?: number;
  /** Weights by the names of backends. */
  readonly pools: readonly Readonly<Record<string, number>>[];
}

/** A configuration as plain data, small enough to print. */
export interface Site {
  readonly syncIntervalMs: number;
  readonly startupMinDelayMs: number;
  readonly startupMaxDelayMs: number;
  readonly flowTimeoutSeconds: number;
  readonly buckets: number;
  readonly netns: string;
  /** 100 where it is left out. */
  readonly maxRemovalsPercent?: number;
  readonly checks: Readonly<Record<string, SiteCheck>>;
  readonly backends: Readonly<Record<string, SiteBackend>>;
  readonly frontends: Readonly<Record<string, SiteFrontend>>;
}

/** Servers with a number from here on have IPv6 addresses. */
export const firstIpv6Server = 8;

/** Servers whose addresses are those of VIPs: not in one file, but in one and the next. */
const atVips: ReadonlyMap<number, number> = new Map([[6, 0], [7, 2], [11, 1]]);

/** The address of a server. */
export function serverAddress(server: number): IpAddress {
  const vip = atVips.get(server);
  if (vip !== undefined) return vipAddress(vip);
  return server < firstIpv6Server
    ? ip(`10.0.0.${server + 1}`)
    : ip(`2001:db8:1::${(server + 1).toString(16)}`);
}

/** The address of a VIP. */
export function vipAddress(vip: number): IpAddress {
  return vip % 2 === 0 ? ip(`192.0.2.${vip + 1}`) : ip(`2001:db8::${(vip + 1).toString(16)}`);
}

/** The configuration that a file would say. */
export function configOf(site: Site): Config {
  const { syncIntervalMs, startupMinDelayMs, startupMaxDelayMs } = site;
  const { flowTimeoutSeconds, buckets, netns, maxRemovalsPercent = 100 } = site;
  return {
    transitionHistory: 5,
    stateMaxAgeMs: 120_000,
    maxRemovalsPercent,
    netns,
    lb: {
      ipv4Source: ip("198.51.100.1"),
      ipv6Source: ip("2001:db8:ffff::1"),
      ...{ syncIntervalMs, startupMinDelayMs, startupMaxDelayMs, flowTimeoutSeconds, buckets },
      stickyBucketsPerCore: 1024,
    },
    healthchecks: new Map(
      Object.entries(site.checks).map(([name, check]) => [name, healthCheck(name, check)]),
    ),
    backends: new Map(
      Object.entries(site.backends).map(([name, { server, check, enabled }]) => [name, {
        ...{ name, enabled },
        address: serverAddress(server),
        healthcheck: check,
      }]),
    ),
    frontends: new Map(
      Object.entries(site.frontends).map(([name, frontend]) => [name, frontendOf(name, frontend)]),
    ),
  };
}

function frontendOf(name: string, { vip, sticky, pools, ...frontend }: SiteFrontend): Frontend {
  return {
    failOpen: "never",
    slowStartMs: 0,
    ...frontend,
    name,
    description: "",
    address: vipAddress(vip),
    srcIpSticky: sticky,
    pools: pools.map((weights, i) => ({
      name: `p${i}`,
      backends: Object.entries(weights).map(([backend, weight]) => ({ backend, weight })),
    })),
  };
}

function healthCheck(name: string, { type, port, ...timing }: SiteCheck): HealthCheck {
  const common = { name, ...timing, probeIpv4Source: undefined, probeIpv6Source: undefined };
  switch (type) {
    case "icmp":
      return { ...common, type };
    case "tcp":
      return { ...common, type, port, tls: undefined };
    case "http":
      return {
        ...{ ...common, type, port, path: "/", host: undefined },
        ...{ responseCodeMin: 200, responseCodeMax: 200, responseRegexp: undefined },
        tls: { serverName: undefined, insecureSkipVerify: false },
      };
  }
}

function ip(text: string): IpAddress {
  const address = parseIp(text);
  if (!address) throw new TypeError(`${text} is not an address`);
  return address;
}
