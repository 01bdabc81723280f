import type { Config } from "../config/mod.ts";
import type { Logger } from "../log/mod.ts";
import { NetError, readKernelFile } from "../net/mod.ts";

/** A Linux capability that a configuration may need: its bit, and what for. */
interface Need {
  readonly name: string;
  readonly bit: bigint;
  /** Whether the kernel lets this process do without it. */
  readonly spared?: (config: Config, kernel: KernelView) => boolean;
  readonly because: (config: Config) => string | undefined;
}

/** capability.h: CAP_NET_RAW is 13, CAP_SYS_ADMIN is 21. */
const needs: readonly Need[] = [
  { name: "CAP_NET_RAW", bit: 13n, spared: mayPing, because: icmpReason },
  { name: "CAP_SYS_ADMIN", bit: 21n, because: netnsReason },
];

/** What the kernel says about this process: texts of /proc, empty when they cannot be read. */
export interface KernelView {
  /** /proc/self/status. */
  readonly status: string;
  /** /proc/sys/net/ipv4/ping_group_range, of the network namespace that maglevd runs in. */
  readonly pingGroupRange: string;
}

/** A capability that is missing, and what won't work for want of it. */
export interface MissingCapability {
  readonly name: string;
  readonly reason: string;
}

/** What `config` needs and this process may not do. What is not known isn't reported as missing. */
export function missingCapabilities(config: Config, kernel: KernelView): MissingCapability[] {
  const hex = kernel.status.match(/^CapEff:\s*([0-9a-fA-F]{1,16})$/m)?.[1];
  if (hex === undefined) return [];
  const effective = BigInt(`0x${hex}`);
  return needs.flatMap(({ name, bit, because, spared }) => {
    const reason = because(config);
    if (reason === undefined || (effective >> bit & 1n) === 1n) return [];
    return spared?.(config, kernel) ? [] : [{ name, reason }];
  });
}

/** The range is one per network namespace: nothing is known of that of `netns`. */
function mayPing({ netns }: Config, { status, pingGroupRange }: KernelView): boolean {
  return netns === "" && coversGroup(pingGroupRange, groupsOf(status));
}

/** The effective and the supplementary groups, as /proc/self/status has them (proc(5)). */
function groupsOf(status: string): number[] {
  const effective = status.match(/^Gid:\s*\d+\s+(\d+)/m)?.[1];
  const supplementary = status.match(/^Groups:([\d \t]*)$/m)?.[1] ?? "";
  return [effective ?? "", ...supplementary.split(/\s+/)].filter((id) => id !== "").map(Number);
}

/**
 * Whether the kernel gives ping sockets without CAP_NET_RAW to one of `groups`. `range` is the text
 * of ping_group_range: the first and the last group, none when the first is the larger (icmp(7)).
 */
export function coversGroup(range: string, groups: readonly number[]): boolean {
  const [, first, last] = range.match(/^\s*(\d+)\s+(\d+)\s*$/) ?? [];
  if (first === undefined || last === undefined) return false;
  return groups.some((group) => Number(first) <= group && group <= Number(last));
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

/** Warns of each capability that `config` needs and this process lacks. */
export function warnOfMissingCapabilities(config: Config, log: Logger): void {
  const kernel = {
    status: kernelText("/proc/self/status"),
    pingGroupRange: kernelText("/proc/sys/net/ipv4/ping_group_range"),
  };
  for (const { name, reason } of missingCapabilities(config, kernel)) {
    log.warn("capability-missing", { capability: name, reason });
  }
}

/** Empty when it cannot be read: then nothing is known. */
function kernelText(path: string): string {
  try {
    return readKernelFile(path);
  } catch (error) {
    if (error instanceof NetError) return "";
    throw error;
  }
}
