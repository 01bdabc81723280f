/**
 * The configuration file as a JSON Schema: key by key its type, default, range and description. The
 * parser, the published schema and the reference in the guide all come from here.
 *
 * @module
 */

import * as forms from "./forms.ts";
import { hour, integer, mapping, named, optional, second } from "./forms.ts";
import { healthcheck } from "./health_check.ts";
import type { ObjectSchema, SectionOf } from "./json_schema.ts";

/** `maglev.healthchecker`. */
const healthchecker = {
  description: "How probing works as a whole.",
  ...optional,
  properties: {
    "transition-history": {
      description: "State transitions kept per backend.",
      ...integer(1, 1000),
      default: 5,
    },
    "state-max-age": {
      description:
        "At a start, what `--state-dir` tells of health counts if it is not older than this.",
      ...forms.durationOrZero,
      default: "2m",
    },
    netns: {
      description: "Network namespace that probes are sent from. Empty is the daemon's own.",
      type: "string",
      pattern: `^(?:(?!\\.\\.?$)[^\\s/${forms.hidden}]+)?$`,
      maxLength: 255,
      "x-rule": "the name of a network namespace, without slashes or spaces",
      default: "",
    },
  },
} as const satisfies ObjectSchema;

/** `maglev.safety`. */
const safety = {
  description: "What keeps traffic safe from mistakes.",
  ...optional,
  properties: {
    "max-removals": {
      description:
        "A reload that would take more than this share of all VIPs, or of all servers, out of " +
        "service is refused unless it is forced. That of the file in force counts. `100%` " +
        "refuses nothing.",
      type: "string",
      pattern: "^(?:100|[1-9]?[0-9])%$",
      maxLength: 4,
      "x-rule": "a share in percent, such as 50%, from 0% to 100%",
      default: "50%",
    },
  },
} as const satisfies ObjectSchema;

/** The longest table of a VIP. */
export const mostBuckets = 2 ** 20;

/** `maglev.vpp.lb`. */
const lb = {
  description: "Global settings of VPP's lb plugin, and when VPP is brought in line.",
  ...mapping,
  required: ["ipv4-src-address", "ipv6-src-address"],
  properties: {
    "ipv4-src-address": {
      description: "Outer source address of GRE4 packets to application servers.",
      ...forms.ipv4,
    },
    "ipv6-src-address": {
      description: "Outer source address of GRE6 packets to application servers.",
      ...forms.ipv6,
    },
    "sync-interval": {
      description: "How often all of VPP's load-balancer state is compared and repaired.",
      ...forms.duration,
      default: "30s",
    },
    "sticky-buckets-per-core": {
      description: "Buckets of VPP's flow table, per worker.",
      ...forms.powerOfTwo(2 ** 25),
      default: 65536,
    },
    buckets: {
      description:
        "Length of the table that shares a new VIP's flows out among its servers. A VIP that VPP " +
        "has keeps its own until it is made anew. Weights are in proportion only while it is much " +
        "longer than their sum.",
      ...forms.powerOfTwo(mostBuckets),
      default: 1024,
    },
    "flow-timeout": {
      description: "How long VPP remembers an idle flow.",
      ...forms.duration,
      "x-milliseconds": { minimum: second, maximum: 120 * second, multipleOf: second },
      default: "40s",
    },
    "startup-min-delay": {
      description: "For this long after the daemon's start no VIP is touched.",
      ...forms.durationOrZero,
      default: "5s",
    },
    "startup-max-delay": {
      description: "After this long VIPs are synced even if some of their backends are still " +
        "unknown. At least `startup-min-delay`; both 0 is no warm-up.",
      ...forms.durationOrZero,
      default: "30s",
    },
  },
} as const satisfies ObjectSchema;

/** One of `maglev.backends`. */
const backend = {
  title: "backend",
  description: "One application server.",
  ...mapping,
  required: ["address", "healthcheck"],
  properties: {
    address: { description: "Where the server is probed and where VPP tunnels to.", ...forms.ip },
    healthcheck: {
      title: "health check",
      description: "Name of the health check that probes it.",
      "x-format": "reference",
      type: ["string", "number"],
      minLength: 1,
    },
    enabled: {
      description: "Whether a new backend starts enabled. What an operator sets later wins.",
      type: "boolean",
      default: true,
    },
  },
} as const satisfies ObjectSchema;

/** One of a frontend's `pools`. */
const pool = {
  title: "pool",
  description: "Backends that carry traffic together.",
  ...mapping,
  required: ["name", "backends"],
  properties: {
    name: { description: "Name of the pool, unique in its frontend.", ...forms.name },
    backends: {
      description: "At least one backend, by name. A backend stands once in a frontend.",
      ...named,
      type: "object",
      minProperties: 1,
      additionalProperties: {
        title: "backend",
        description: "A backend's place in the pool.",
        ...optional,
        properties: {
          weight: {
            description: "Share of the traffic, relative to the pool's other backends.",
            ...integer(0, 100),
            default: 100,
          },
        },
      },
    },
  },
} as const satisfies ObjectSchema;

/** One of `maglev.frontends`. */
const frontend = {
  title: "frontend",
  description: "One VIP and the pools behind it.",
  ...mapping,
  required: ["address", "pools"],
  properties: {
    description: {
      description: "Free text, shown to operators.",
      "x-format": "line",
      type: "string",
      // Block scalars end with a line end, which the parser drops.
      pattern: `^[^${forms.hidden}]*\\s*$`,
      maxLength: 1024,
      "x-rule": "one line of printable text",
      default: "",
    },
    address: { description: "The VIP, without a prefix length: always /32 or /128.", ...forms.ip },
    protocol: {
      description: "What the VIP matches. Only together with `port`.",
      type: "string",
      enum: ["tcp", "udp"],
      "x-absent": "any; required with a port",
    },
    port: {
      description: "Port of the VIP. 0 is every protocol and port.",
      ...integer(0, 65535),
      default: 0,
    },
    "src-ip-sticky": {
      description:
        "Choose the backend by the client's address alone. Changing it recreates the VIP in VPP.",
      type: "boolean",
      default: false,
    },
    "flush-on-down": {
      description: "Move the flows of a backend that goes down, instead of letting them drain.",
      type: "boolean",
      default: true,
    },
    "drain-deadline": {
      description: "After this time the flows that a drained backend still has are moved away. 0 " +
        "leaves them for as long as they last.",
      ...forms.durationOrZero,
      default: "0s",
    },
    "slow-start": {
      description: "Over this time a backend that comes up gets its weight, in ten steps, if " +
        "others carry the traffic of its pool meanwhile. 0 gives it all at once.",
      ...forms.durationOrZero,
      "x-milliseconds": { minimum: 0, maximum: hour },
      default: "0s",
    },
    "fail-open": {
      description: "When fewer than this share of the backends in service are up (`all-down`: " +
        "none), those that were last in use keep their weights and their flows, since the check " +
        "is more likely wrong than all of them. Ends when the share is reached again.",
      type: "string",
      pattern: "^(?:never|all-down|(?:100|[1-9][0-9]?)%)$",
      maxLength: 8,
      "x-rule": "never, all-down or a share in percent from 1% to 100%",
      default: "never",
    },
    pools: {
      description: "At least one pool, most preferred first: the first with a backend that is up " +
        "and has a weight above 0 carries the traffic.",
      type: "array",
      minItems: 1,
      items: pool,
    },
  },
} as const satisfies ObjectSchema;

const maglev = {
  description: "Everything belongs under this one key.",
  ...mapping,
  required: ["vpp"],
  properties: {
    healthchecker,
    safety,
    vpp: { description: "VPP, the data plane.", ...mapping, required: ["lb"], properties: { lb } },
    healthchecks: {
      description: "Ways of probing, by name.",
      ...named,
      additionalProperties: healthcheck,
    },
    backends: {
      description: "Application servers, by name.",
      ...named,
      additionalProperties: backend,
    },
    frontends: { description: "VIPs, by name.", ...named, additionalProperties: frontend },
  },
} as const satisfies ObjectSchema;

/** The whole file. */
export const fileSchema = {
  $schema: "http://json-schema.org/draft-07/schema#",
  title: "maglev.yaml",
  description: "Configuration of maglevd.",
  ...mapping,
  required: ["maglev"],
  properties: { maglev },
} as const satisfies ObjectSchema;

/** Sections as they are read. */
export type MaglevSection = SectionOf<typeof maglev>;
export type LbSection = SectionOf<typeof lb>;
export type BackendSection = SectionOf<typeof backend>;
export type FrontendSection = SectionOf<typeof frontend>;
export type PoolSection = SectionOf<typeof pool>;
