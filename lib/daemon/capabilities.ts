import type { Config } from "../config/mod.ts";

/** A Linux capability that a configuration may need: its bit, and what for. */
interface Need {
  readonly name: string;
  readonly bit: bigint;
  readonly because: (config: Config) => string | undefined;
}

/** capability.h: CAP_NET_RAW is 13, CAP_SYS_ADMIN is 21. */
const needs: readonly Need[] = [
  { name: "CAP_NET_RAW", bit: 13n, because: icmpReason },
  { name: "CAP_SYS_ADMIN", bit: 21n, because: netnsReason },
];

/** A capability that is missing, and what won't work for want of it. */
export interface MissingCapability {
  readonly name: string;
  readonly reason: string;
}

/**
 * What `config` needs and this process may not do. `status` is the text of /proc/self/status; what
 * it doesn't tell is not reported as missing.
 */
export function missingCapabilities(config: Config, status: string): MissingCapability[] {
  const hex = status.match(/^CapEff:\s*([0-9a-fA-F]{1,16})$/m)?.[1];
  if (hex === undefined) return [];
  const effective = BigInt(`0x${hex}`);
  return needs.flatMap(({ name, bit, because }) => {
    const reason = because(config);
    return reason !== undefined && (effective >> bit & 1n) === 0n ? [{ name, reason }] : [];
  });
}

function icmpReason(config: Config): string | undefined {
  for (const { name, type } of config.healthchecks.values()) {
    if (type === "icmp") return `health check ${name} is of type icmp`;
  }
  return undefined;
}

function netnsReason({ netns }: Config): string | undefined {
  return netns === "" ? undefined : `probes are to be sent from network namespace ${netns}`;
}
