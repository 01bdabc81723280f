import { deepEqual } from "node:assert/strict";
import type { Config, HealthCheck } from "../../lib/config/mod.ts";
import { coversGroup, missingCapabilities } from "../../lib/daemon/capabilities.ts";

function config(netns: string, ...types: HealthCheck["type"][]): Config {
  const checks = types.map((type) => [`my-${type}`, { name: `my-${type}`, type }]);
  return { netns, healthchecks: new Map(checks as [string, HealthCheck][]) } as unknown as Config;
}

/** A process of effective group 110 and the supplementary groups 20 and 300. */
const process = (hex: string, pingGroupRange = "1\t0\n") => ({
  status: `Name:\tdeno\nGid:\t7\t110\t7\t7\nGroups:\t20 300 \nCapPrm:\t0\nCapEff:\t${hex}\n`,
  pingGroupRange,
});

Deno.test("a process with no capabilities lacks what the configuration needs, and says why", () => {
  deepEqual(missingCapabilities(config("dataplane", "http", "icmp"), process("0000000000000000")), [
    { name: "CAP_NET_RAW", reason: "health check my-icmp is of type icmp" },
    {
      name: "CAP_SYS_ADMIN",
      reason: "probes are to be sent from network namespace dataplane",
    },
  ]);
});

Deno.test("what isn't needed isn't missing", () => {
  deepEqual(missingCapabilities(config("", "http", "tcp"), process("0000000000000000")), []);
});

Deno.test("what the process may do isn't missing", () => {
  const both = (1n << 13n | 1n << 21n).toString(16).padStart(16, "0");
  deepEqual(missingCapabilities(config("dataplane", "icmp"), process(both)), []);
  deepEqual(missingCapabilities(config("dataplane", "icmp"), process("000001ffffffffff")), []);
});

Deno.test("without a readable status nothing is claimed", () => {
  deepEqual(
    missingCapabilities(config("dataplane", "icmp"), { status: "", pingGroupRange: "" }),
    [],
  );
});

Deno.test("CAP_NET_RAW isn't missing where ping_group_range covers one of the process's groups", () => {
  const missing = (range: string, netns = "") =>
    missingCapabilities(config(netns, "icmp"), process("0", range)).map(({ name }) => name);
  for (const range of ["0\t2147483647\n", "110\t110\n", "20\t20\n", "300\t301\n"]) {
    deepEqual(missing(range), [], range);
  }
  for (const range of ["1\t0\n", "7\t7\n", "111\t299\n", "0\t6\n", "", "all\n"]) {
    deepEqual(missing(range), ["CAP_NET_RAW"], range);
  }
  // The range of another network namespace is another one.
  deepEqual(missing("0\t2147483647\n", "dataplane"), ["CAP_NET_RAW", "CAP_SYS_ADMIN"]);
});

Deno.test("a range of groups covers its ends, and an inverted one nobody", () => {
  const covered = (range: string) => [9, 10, 20, 21].filter((group) => coversGroup(range, [group]));
  deepEqual(covered("10\t20\n"), [10, 20]);
  deepEqual(covered("20\t10\n"), []);
  deepEqual(coversGroup("0\t4294967294\n", []), false);
});
