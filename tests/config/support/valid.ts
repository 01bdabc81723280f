import assert from "node:assert/strict";
import { type Config, formatOutcome, parseConfig } from "../../../lib/config/mod.ts";

/** The configuration in a text that must be valid. */
export function valid(text: string): Config {
  const outcome = parseConfig(text, "test.yaml");
  assert.equal(outcome.kind, "valid", formatOutcome(outcome));
  return outcome.config;
}

/** What is printed for a text that must be invalid, without the summary. */
export function problemsOf(text: string): string[] {
  const outcome = parseConfig(text, "test.yaml");
  assert.equal(outcome.kind, "invalid");
  return formatOutcome(outcome).split("\n").slice(0, -1);
}

/** The beginning of every file that is to be valid. */
export const head = `maglev:
  vpp:
    lb: { ipv4-src-address: 10.0.0.1, ipv6-src-address: "2001:db8::1" }
`;

/** Many backends and frontends of ten backends each, written as generators write them. */
export function bigFile(backends: number, frontends: number): string {
  const parts = [head, "  healthchecks:\n    web: { type: http, port: 80 }\n  backends:\n"];
  for (let i = 0; i < backends; i++) {
    const address = `10.${(i >> 16) + 1}.${(i >> 8) & 255}.${i & 255}`;
    parts.push(`    web-${i}:\n      address: ${address}\n      healthcheck: web\n`);
  }
  parts.push("  frontends:\n");
  for (let f = 0; f < frontends; f++) {
    parts.push(`    vip-${f}:\n      address: 192.0.${f >> 8}.${(f & 255) || 1}\n`);
    parts.push(
      `      protocol: tcp\n      port: ${
        80 + f
      }\n      fail-open: never\n      pools:\n        - name: primary\n`,
    );
    parts.push("          backends:\n");
    for (let k = 0; k < Math.min(10, backends); k++) {
      parts.push(`            web-${(f * 10 + k) % backends}: { weight: ${k + 1} }\n`);
    }
  }
  return parts.join("");
}
