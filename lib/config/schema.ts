/**
 * The configuration file, key by key: type, default, range and description. The parser, the JSON
 * Schema and the reference in the guide all come from here.
 *
 * @module
 */

import type { IpFamily } from "../ip/mod.ts";
import type { Described, DurationSpec, SectionSpec } from "./spec.ts";
import type { TextForm } from "./text_forms.ts";
import { checkTypes } from "./types.ts";

/** Milliseconds. */
const second = 1000;
const hour = 3600 * second;
/** Longer than any sane setting, short enough for every timer. */
const day = 24 * hour;

const required = { required: true } as const;

/** A duration that may be 0, and one that may not. */
const anyTime = { minMs: 0, maxMs: day } as const;
const positive = { ...anyTime, aboveMin: true } as const;

/** `maglev.healthchecker`. */
export const healthchecker = section("How probing works as a whole.", {
  "transition-history": int([1, 1000], "State transitions kept per backend.", { default: 5 }),
  "state-max-age": duration(
    "At a start, what `--state-dir` tells of health counts if it is not older than this.",
    { ...anyTime, default: 120 * second },
  ),
  netns: text(
    "netns",
    "Network namespace that probes are sent from. Empty is the daemon's own.",
    { default: "" },
  ),
});

/** `maglev.safety`. */
export const safety = section("What keeps traffic safe from mistakes.", {
  "max-removals": text(
    "percent",
    "A reload that would take more than this share of all VIPs, or of all servers, out of " +
      "service is refused unless it is forced. That of the file in force counts. `100%` " +
      "refuses nothing.",
    { default: "50%" },
  ),
});

/** The longest table of a VIP. */
export const mostBuckets = 2 ** 20;

/** `maglev.vpp.lb`. */
export const lb = section(
  "Global settings of VPP's lb plugin, and when VPP is brought in line.",
  {
    "ipv4-src-address": ip(
      "Outer source address of GRE4 packets to application servers.",
      { family: 4, ...required },
    ),
    "ipv6-src-address": ip(
      "Outer source address of GRE6 packets to application servers.",
      { family: 6, ...required },
    ),
    "sync-interval": duration(
      "How often all of VPP's load-balancer state is compared and repaired.",
      { ...positive, default: 30 * second },
    ),
    "sticky-buckets-per-core": int(
      [1, 2 ** 25],
      "Buckets of VPP's flow table, per worker.",
      { powerOfTwo: true, default: 65536 },
    ),
    buckets: int(
      [1, mostBuckets],
      "Length of the table that shares a new VIP's flows out among its servers. A VIP " +
        "that VPP has keeps its own until it is made anew. Weights are in proportion only while " +
        "it is much longer than their sum.",
      { powerOfTwo: true, default: 1024 },
    ),
    "flow-timeout": duration(
      "How long VPP remembers an idle flow.",
      { minMs: second, maxMs: 120 * second, wholeSeconds: true, default: 40 * second },
    ),
    "startup-min-delay": duration(
      "For this long after the daemon's start no VIP is touched.",
      { ...anyTime, default: 5 * second },
    ),
    "startup-max-delay": duration(
      "After this long VIPs are synced even if some of their backends are still " +
        "unknown. At least `startup-min-delay`; both 0 is no warm-up.",
      { ...anyTime, default: 30 * second },
    ),
  },
);

const params = section(
  "What the probe asks and expects. Which keys are allowed depends on `type`.",
  {
    path: text(
      "path",
      "Path of the GET request, with its query. http and https.",
      { default: "/" },
    ),
    host: text(
      "host",
      "The Host header, with a port if the server wants one. http and https.",
      { otherwise: "the backend's address" },
    ),
    "response-code": {
      type: "status-range",
      default: { min: 200, max: 200 },
      description: "The status that passes, or a range such as `200-299`. http and https.",
    },
    "response-regexp": text(
      "regexp",
      "Must be found in the first 64 KiB of the body. http and https.",
      { otherwise: "the body is not looked at" },
    ),
    ssl: bool("Shake hands by TLS once connected. tcp only.", false),
    "server-name": text(
      "server-name",
      "SNI, and the name the certificate is verified for. tcp, http and https.",
      { otherwise: "`host`, else the backend's address" },
    ),
    "insecure-skip-verify": bool("Accept any certificate. tcp, http and https.", false),
  },
);

const flap = section(
  "When a backend that changes too often stays down for a while; `{}` is this with " +
    "the defaults.",
  {
    changes: int([2, 100], "So many changes between up and down.", { default: 6 }),
    within: duration(
      "The time within which they count, and after which one hold is forgiven.",
      { ...positive, default: 600 * second },
    ),
    hold: duration(
      "How long it stays down the first time; doubled each time after that.",
      { ...positive, default: 60 * second },
    ),
    "max-hold": duration(
      "The longest that it stays down; not shorter than `hold`.",
      { ...positive, default: 1800 * second },
    ),
  },
  { otherwise: "never" },
);

/** One of `maglev.healthchecks`. */
export const healthcheck = section("One way of probing, shared by any number of backends.", {
  type: choice(checkTypes, "What is sent: an echo, a connection, or an HTTP GET.", required),
  port: int(
    [1, 65535],
    "Port that is probed. Not allowed for icmp.",
    { otherwise: "required for tcp, http and https" },
  ),
  interval: duration(
    "Time between probes of a healthy backend.",
    { ...positive, default: 2 * second },
  ),
  "fast-interval": duration(
    "Time between probes while the state is unknown or about to change.",
    { ...positive, otherwise: "`interval`" },
  ),
  "down-interval": duration(
    "Time between probes of a backend that is fully down.",
    { ...positive, otherwise: "`interval`" },
  ),
  timeout: duration(
    "Deadline of one probe, everything included.",
    { ...positive, default: 2 * second },
  ),
  rise: int([1, 1000], "Passes in a row that bring a dead backend up.", { default: 2 }),
  fall: int([1, 1000], "Failures in a row that take a healthy backend down.", { default: 3 }),
  "probe-ipv4-src": ip(
    "Source address of probes to IPv4 backends.",
    { family: 4, otherwise: "chosen by the kernel" },
  ),
  "probe-ipv6-src": ip(
    "Source address of probes to IPv6 backends.",
    { family: 6, otherwise: "chosen by the kernel" },
  ),
  flap,
  params,
});

/** One of `maglev.backends`. */
export const backend = section("One application server.", {
  address: ip("Where the server is probed and where VPP tunnels to.", required),
  healthcheck: {
    type: "reference",
    noun: "health check",
    required: true,
    description: "Name of the health check that probes it.",
  },
  enabled: bool(
    "Whether a new backend starts enabled. What an operator sets later wins.",
    true,
  ),
});

/** One of a frontend's `pools`. */
const pool = section("Backends that carry traffic together.", {
  name: text("name", "Name of the pool, unique in its frontend.", required),
  backends: named(
    "backend",
    "At least one backend, by name. A backend stands once in a frontend.",
    section("A backend's place in the pool.", {
      weight: int(
        [0, 100],
        "Share of the traffic, relative to the pool's other backends.",
        { default: 100 },
      ),
    }),
    required,
  ),
});

/** One of `maglev.frontends`. */
export const frontend = section("One VIP and the pools behind it.", {
  description: text("description", "Free text, shown to operators.", { default: "" }),
  address: ip("The VIP, without a prefix length: always /32 or /128.", required),
  protocol: choice(
    ["tcp", "udp"],
    "What the VIP matches. Only together with `port`.",
    { otherwise: "any; required with a port" },
  ),
  port: int([0, 65535], "Port of the VIP. 0 is every protocol and port.", { default: 0 }),
  "src-ip-sticky": bool(
    "Choose the backend by the client's address alone. Changing it recreates the VIP in VPP.",
    false,
  ),
  "flush-on-down": bool(
    "Move the flows of a backend that goes down, instead of letting them drain.",
    true,
  ),
  "drain-deadline": duration(
    "After this time the flows that a drained backend still has are moved away. 0 " +
      "leaves them for as long as they last.",
    { ...anyTime, default: 0 },
  ),
  "slow-start": duration(
    "Over this time a backend that comes up gets its weight, in ten steps, if others " +
      "carry the traffic of its pool meanwhile. 0 gives it all at once.",
    { minMs: 0, maxMs: hour, default: 0 },
  ),
  "fail-open": text(
    "fail-open",
    "When fewer than this share of the backends in service are up (`all-down`: " +
      "none), those that were last in use keep their weights and their flows, since the check " +
      "is more likely wrong than all of them. Ends when the share is reached again.",
    { default: "never" },
  ),
  pools: list(
    "pool",
    "At least one pool, most preferred first: the first with a backend that is up and " +
      "has a weight above 0 carries the traffic.",
    pool,
    required,
  ),
});

const maglev = section("Everything belongs under this one key.", {
  healthchecker,
  safety,
  vpp: section("VPP, the data plane.", { lb }),
  healthchecks: named("health check", "Ways of probing, by name.", healthcheck),
  backends: named("backend", "Application servers, by name.", backend),
  frontends: named("frontend", "VIPs, by name.", frontend),
}, required);

/** The whole file. */
export const fileSpec = section("Configuration of maglevd.", { maglev });

/** Types of the sections, from which `SectionOf` makes those of sections that were read. */
export type MaglevSpec = typeof maglev;
export type LbSpec = typeof lb;
export type HealthCheckSpec = typeof healthcheck;
export type BackendSpec = typeof backend;
export type FrontendSpec = typeof frontend;
export type PoolSpec = typeof pool;

/** What may be said of a value's absence. */
type Absence = Partial<Pick<Described, "required" | "otherwise">>;

/** A mapping with these keys. */
function section<const F extends SectionSpec["fields"], const A extends Absence>(
  description: string,
  fields: F,
  absence = {} as A,
) {
  return { type: "section", description, fields, ...absence } as const;
}

/** A mapping from names to what `of` says. */
function named<const S extends SectionSpec, const A extends Absence>(
  noun: string,
  description: string,
  of: S,
  absence = {} as A,
) {
  return { type: "named", noun, description, of, ...absence } as const;
}

/** A list of what `of` says. */
function list<const S extends SectionSpec, const A extends Absence>(
  noun: string,
  description: string,
  of: S,
  absence = {} as A,
) {
  return { type: "list", noun, description, of, ...absence } as const;
}

/** A whole number, both ends included. */
function int<const A extends Absence & { default?: number; powerOfTwo?: true }>(
  [min, max]: readonly [min: number, max: number],
  description: string,
  absence = {} as A,
) {
  return { type: "int", min, max, description, ...absence } as const;
}

/** `byDefault` where nothing is said. */
function bool(description: string, byDefault: boolean) {
  return { type: "bool", description, default: byDefault } as const;
}

/** A time within this range. */
function duration<const R extends Omit<DurationSpec, "type" | "description">>(
  description: string,
  range: R,
) {
  return { type: "duration", description, ...range } as const;
}

/** An address, of one family if that is said. */
function ip<const A extends Absence & { family?: IpFamily }>(
  description: string,
  absence = {} as A,
) {
  return { type: "ip", description, ...absence } as const;
}

/** One of these words. */
function choice<const W extends readonly string[], const A extends Absence>(
  of: W,
  description: string,
  absence = {} as A,
) {
  return { type: "choice", of, description, ...absence } as const;
}

/** A text of this form. */
function text<const A extends Absence & { default?: string }>(
  form: TextForm,
  description: string,
  absence = {} as A,
) {
  return { type: "text", form, description, ...absence } as const;
}
