import { deepEqual } from "node:assert/strict";
import type { Config, HealthCheck } from "../../lib/config/mod.ts";
import { missingCapabilities } from "../../lib/daemon/capabilities.ts";

function config(netns: string, ...types: HealthCheck["type"][]): Config {
  const checks = types.map((type) => [`my-${type}`, { name: `my-${type}`, type }]);
  return { netns, healthchecks: new Map(checks as [string, HealthCheck][]) } as unknown as Config;
}

const status = (hex: string) => `Name:\tdeno\nCapPrm:\t0\nCapEff:\t${hex}\n`;

Deno.test("a process with no capabilities lacks what the configuration needs, and says why", () => {
  deepEqual(missingCapabilities(config("dataplane", "http", "icmp"), status("0000000000000000")), [
    { name: "CAP_NET_RAW", reason: "health check my-icmp is of type icmp" },
    {
      name: "CAP_SYS_ADMIN",
      reason: "probes are to be sent from network namespace dataplane",
    },
  ]);
});

Deno.test("what isn't needed isn't missing", () => {
  deepEqual(missingCapabilities(config("", "http", "tcp"), status("0000000000000000")), []);
});

Deno.test("what the process may do isn't missing", () => {
  const both = (1n << 13n | 1n << 21n).toString(16).padStart(16, "0");
  deepEqual(missingCapabilities(config("dataplane", "icmp"), status(both)), []);
  deepEqual(missingCapabilities(config("dataplane", "icmp"), status("000001ffffffffff")), []);
});

Deno.test("without a readable status nothing is claimed", () => {
  deepEqual(missingCapabilities(config("dataplane", "icmp"), ""), []);
});
