import type { SectionSpec } from "../spec.ts";
import { day, hour } from "./durations.ts";

/** One of a frontend's `pools`. */
const pool = {
  type: "section",
  description: "Backends that carry traffic together.",
  fields: {
    name: {
      type: "text",
      form: "name",
      required: true,
      description: "Name of the pool, unique in its frontend.",
    },
    backends: {
      type: "named",
      noun: "backend",
      required: true,
      description: "At least one backend, by name. A backend stands once in a frontend.",
      of: {
        type: "section",
        description: "A backend's place in the pool.",
        fields: {
          weight: {
            type: "int",
            min: 0,
            max: 100,
            default: 100,
            description: "Share of the traffic, relative to the pool's other backends.",
          },
        },
      },
    },
  },
} as const satisfies SectionSpec;

/** One of `maglev.frontends`. */
export const frontend = {
  type: "section",
  description: "One VIP and the pools behind it.",
  fields: {
    description: {
      type: "text",
      form: "description",
      default: "",
      description: "Free text, shown to operators.",
    },
    address: {
      type: "ip",
      required: true,
      description: "The VIP, without a prefix length: always /32 or /128.",
    },
    protocol: {
      type: "choice",
      of: ["tcp", "udp"],
      otherwise: "any; required with a port",
      description: "What the VIP matches. Only together with `port`.",
    },
    port: {
      type: "int",
      min: 0,
      max: 65535,
      default: 0,
      description: "Port of the VIP. 0 is every protocol and port.",
    },
    "src-ip-sticky": {
      type: "bool",
      default: false,
      description: "Choose the backend by the client's address alone. Changing it recreates the " +
        "VIP in VPP.",
    },
    "flush-on-down": {
      type: "bool",
      default: true,
      description: "Move the flows of a backend that goes down, instead of letting them drain.",
    },
    "drain-deadline": {
      type: "duration",
      minMs: 0,
      maxMs: day,
      default: 0,
      description: "After this time the flows that a drained backend still has are moved away. 0 " +
        "leaves them for as long as they last.",
    },
    "slow-start": {
      type: "duration",
      minMs: 0,
      maxMs: hour,
      default: 0,
      description:
        "Over this time a backend that comes up gets its weight, in ten steps, if others " +
        "carry the traffic of its pool meanwhile. 0 gives it all at once.",
    },
    "fail-open": {
      type: "text",
      form: "fail-open",
      default: "never",
      description: "When fewer than this share of the backends in service are up (`all-down`: " +
        "none), those that were last in use keep their weights and their flows, since the check " +
        "is more likely wrong than all of them. Ends when the share is reached again.",
    },
    pools: {
      type: "list",
      noun: "pool",
      required: true,
      description:
        "At least one pool, most preferred first: the first with a backend that is up and " +
        "has a weight above 0 carries the traffic.",
      of: pool,
    },
  },
} as const satisfies SectionSpec;

/** Its type, from which `SectionOf` makes that of a section that was read. */
export type FrontendSpec = typeof frontend;

/** The same for one of its pools. */
export type PoolSpec = typeof pool;
