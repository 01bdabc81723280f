import type { SectionSpec } from "../spec.ts";

/** One of `maglev.backends`. */
export const backend = {
  type: "section",
  description: "One application server.",
  fields: {
    address: {
      type: "ip",
      required: true,
      description: "Where the server is probed and where VPP tunnels to.",
    },
    healthcheck: {
      type: "reference",
      noun: "health check",
      required: true,
      description: "Name of the health check that probes it.",
    },
    enabled: {
      type: "bool",
      default: true,
      description: "Whether a new backend starts enabled. What an operator sets later wins.",
    },
  },
} as const satisfies SectionSpec;

/** Its type, from which `SectionOf` makes that of a section that was read. */
export type BackendSpec = typeof backend;
