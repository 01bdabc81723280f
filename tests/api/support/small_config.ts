import type { Backend, Config, Frontend, HealthCheck } from "../../../lib/config/mod.ts";
import { ip } from "../../support/ip.ts";

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
    stateMaxAgeMs: 120_000,
    maxRemovalsPercent: 100,
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
    drainDeadlineMs: 0,
    slowStartMs: 0,
    failOpen: "never",
    pools: [pool(backends.slice(0, half), "primary"), pool(backends.slice(half), "fallback")],
  };
}
