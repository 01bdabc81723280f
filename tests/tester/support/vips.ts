import { type Config, parseConfig } from "../../../lib/config/mod.ts";
import type { TryResult } from "../../../lib/tester/ask/types.ts";
import type { Vip, Way } from "../../../lib/tester/targets.ts";
import { ip } from "../../support/ip.ts";

/** A VIP to be asked, with `changes`. */
export function vip(name: string, changes: Partial<Vip> = {}): Vip {
  const way: Way = changes.way ?? "http";
  return { name, address: ip("192.0.2.1"), protocol: "tcp", port: 80, way, ...changes };
}

/** An answer over HTTP. */
export function answered(ms: number, header?: string): TryResult {
  return { kind: "answered", ms, status: "200", header };
}

/** A try that got no connection. */
export const refused: TryResult = {
  ...{ kind: "failed", trouble: "net", status: "net" },
  text: "connection refused",
};

/** A configuration with these frontends, a line of YAML each. */
export function configOf(...frontends: readonly string[]): Config {
  const outcome = parseConfig(yamlOf(...frontends), "maglev.yaml");
  if (outcome.kind !== "valid") throw new Error(JSON.stringify(outcome.problems));
  return outcome.config;
}

/** The text of it. Frontends have `POOLS` where theirs come. */
export function yamlOf(...frontends: readonly string[]): string {
  return [
    "maglev:",
    "  healthchecks: { alive: { type: icmp } }",
    "  backends: { web1: { address: 192.0.2.99, healthcheck: alive } }",
    "  frontends:",
    ...frontends.map((line) => `    ${line.replace("POOLS", pools)}`),
    '  vpp: { lb: { ipv4-src-address: 192.0.2.200, ipv6-src-address: "2001:db8::200" } }',
    "",
  ].join("\n");
}

const pools = "pools: [{ name: main, backends: { web1: {} } }]";
