import type { SectionSpec } from "../spec.ts";
import { day, positive, second } from "./durations.ts";

/** The longest table of a VIP. */
export const mostBuckets = 2 ** 20;

/** `maglev.vpp.lb`. */
export const lb = {
  type: "section",
  description: "Global settings of VPP's lb plugin, and when VPP is brought in line.",
  fields: {
    "ipv4-src-address": {
      type: "ip",
      family: 4,
      required: true,
      description: "Outer source address of GRE4 packets to application servers.",
    },
    "ipv6-src-address": {
      type: "ip",
      family: 6,
      required: true,
      description: "Outer source address of GRE6 packets to application servers.",
    },
    "sync-interval": {
      ...positive,
      default: 30 * second,
      description: "How often all of VPP's load-balancer state is compared and repaired.",
    },
    "sticky-buckets-per-core": {
      type: "int",
      min: 1,
      max: 2 ** 25,
      powerOfTwo: true,
      default: 65536,
      description: "Buckets of VPP's flow table, per worker.",
    },
    buckets: {
      type: "int",
      min: 1,
      max: mostBuckets,
      powerOfTwo: true,
      default: 1024,
      description:
        "Length of the table that shares a new VIP's flows out among its servers. A VIP " +
        "that VPP has keeps its own until it is made anew. Weights are in proportion only while " +
        "it is much longer than their sum.",
    },
    "flow-timeout": {
      type: "duration",
      minMs: second,
      maxMs: 120 * second,
      wholeSeconds: true,
      default: 40 * second,
      description: "How long VPP remembers an idle flow.",
    },
    "startup-min-delay": {
      type: "duration",
      minMs: 0,
      maxMs: day,
      default: 5 * second,
      description: "For this long after the daemon's start no VIP is touched.",
    },
    "startup-max-delay": {
      type: "duration",
      minMs: 0,
      maxMs: day,
      default: 30 * second,
      description: "After this long VIPs are synced even if some of their backends are still " +
        "unknown. At least `startup-min-delay`; both 0 is no warm-up.",
    },
  },
} as const satisfies SectionSpec;

/** Its type, from which `SectionOf` makes that of a section that was read. */
export type LbSpec = typeof lb;
