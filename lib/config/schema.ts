/**
 * The configuration file, key by key: type, default, range and description. The parser, the
 * JSON Schema and the reference in the guide all come from here.
 *
 * @module
 */

import { checkTypes } from "./types.ts";
import type { SectionSpec } from "./spec.ts";

const second = 1000;
/** Longer than any sane setting, short enough for every timer. */
const day = 24 * 3600 * second;

const healthchecker = {
  type: "section",
  description: "How probing works as a whole.",
  fields: {
    "transition-history": {
      type: "int",
      min: 1,
      max: 1000,
      default: 5,
      description: "State transitions kept per backend.",
    },
    netns: {
      type: "text",
      form: "netns",
      default: "",
      description: "Network namespace that probes are sent from. Empty is the daemon's own.",
    },
  },
} as const satisfies SectionSpec;

const lb = {
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
      type: "duration",
      minMs: 0,
      aboveMin: true,
      maxMs: day,
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

const params = {
  type: "section",
  description: "What the probe asks and expects. Which keys are allowed depends on `type`.",
  fields: {
    path: {
      type: "text",
      form: "path",
      default: "/",
      description: "Path of the GET request, with its query. http and https.",
    },
    host: {
      type: "text",
      form: "host",
      otherwise: "the backend's address",
      description: "The Host header, with a port if the server wants one. http and https.",
    },
    "response-code": {
      type: "status-range",
      default: { min: 200, max: 200 },
      description: "The status that passes, or a range such as `200-299`. http and https.",
    },
    "response-regexp": {
      type: "text",
      form: "regexp",
      otherwise: "the body is not looked at",
      description: "Must be found in the first 64 KiB of the body. http and https.",
    },
    ssl: {
      type: "bool",
      default: false,
      description: "Shake hands by TLS once connected. tcp only.",
    },
    "server-name": {
      type: "text",
      form: "server-name",
      otherwise: "`host`, else the backend's address",
      description: "SNI, and the name the certificate is verified for. tcp, http and https.",
    },
    "insecure-skip-verify": {
      type: "bool",
      default: false,
      description: "Accept any certificate. tcp, http and https.",
    },
  },
} as const satisfies SectionSpec;

const healthcheck = {
  type: "section",
  description: "One way of probing, shared by any number of backends.",
  fields: {
    type: {
      type: "choice",
      of: checkTypes,
      required: true,
      description: "What is sent: an echo, a connection, or an HTTP GET.",
    },
    port: {
      type: "int",
      min: 1,
      max: 65535,
      otherwise: "required for tcp, http and https",
      description: "Port that is probed. Not allowed for icmp.",
    },
    interval: {
      type: "duration",
      minMs: 0,
      aboveMin: true,
      maxMs: day,
      default: 2 * second,
      description: "Time between probes of a healthy backend.",
    },
    "fast-interval": {
      type: "duration",
      minMs: 0,
      aboveMin: true,
      maxMs: day,
      otherwise: "`interval`",
      description: "Time between probes while the state is unknown or about to change.",
    },
    "down-interval": {
      type: "duration",
      minMs: 0,
      aboveMin: true,
      maxMs: day,
      otherwise: "`interval`",
      description: "Time between probes of a backend that is fully down.",
    },
    timeout: {
      type: "duration",
      minMs: 0,
      aboveMin: true,
      maxMs: day,
      default: 2 * second,
      description: "Deadline of one probe, everything included.",
    },
    rise: {
      type: "int",
      min: 1,
      max: 1000,
      default: 2,
      description: "Passes in a row that bring a dead backend up.",
    },
    fall: {
      type: "int",
      min: 1,
      max: 1000,
      default: 3,
      description: "Failures in a row that take a healthy backend down.",
    },
    "probe-ipv4-src": {
      type: "ip",
      family: 4,
      otherwise: "chosen by the kernel",
      description: "Source address of probes to IPv4 backends.",
    },
    "probe-ipv6-src": {
      type: "ip",
      family: 6,
      otherwise: "chosen by the kernel",
      description: "Source address of probes to IPv6 backends.",
    },
    params,
  },
} as const satisfies SectionSpec;

const backend = {
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
      to: "healthchecks",
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

const frontend = {
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
    pools: {
      type: "list",
      noun: "pool",
      required: true,
      description: "At least one pool, most preferred first: the first that has an up backend " +
        "carries the traffic.",
      of: pool,
    },
  },
} as const satisfies SectionSpec;

const maglev = {
  type: "section",
  required: true,
  description: "Everything belongs under this one key.",
  fields: {
    healthchecker,
    vpp: {
      type: "section",
      description: "VPP, the data plane.",
      fields: { lb },
    },
    healthchecks: {
      type: "named",
      noun: "health check",
      description: "Ways of probing, by name.",
      of: healthcheck,
    },
    backends: {
      type: "named",
      noun: "backend",
      description: "Application servers, by name.",
      of: backend,
    },
    frontends: {
      type: "named",
      noun: "frontend",
      description: "VIPs, by name.",
      of: frontend,
    },
  },
} as const satisfies SectionSpec;

/** The whole file. */
export const fileSpec = {
  type: "section",
  description: "Configuration of maglevd.",
  fields: { maglev },
} as const satisfies SectionSpec;

/** Specs by what they describe, for the types of sections that were read. */
export type FileSpec = typeof fileSpec;
/** `maglev`. */
export type MaglevSpec = typeof maglev;
/** `maglev.vpp.lb`. */
export type LbSpec = typeof lb;
/** One of `maglev.healthchecks`. */
export type HealthCheckSpec = typeof healthcheck;
/** One of `maglev.backends`. */
export type BackendSpec = typeof backend;
/** One of `maglev.frontends`. */
export type FrontendSpec = typeof frontend;
/** One of a frontend's `pools`. */
export type PoolSpec = typeof pool;
