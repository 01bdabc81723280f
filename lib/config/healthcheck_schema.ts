import * as forms from "./forms.ts";
import { integer, mapping, optional } from "./forms.ts";
import type { ObjectSchema, SectionOf } from "./json_schema.ts";
import { type CheckType, checkTypes } from "./types.ts";

const params = {
  description: "What the probe asks and expects. Which keys are allowed depends on `type`.",
  ...optional,
  properties: {
    path: {
      description: "Path of the GET request, with its query. http and https.",
      type: "string",
      // RFC 9112 section 3.2: a blank or a line end inside the target would smuggle in a request.
      pattern: '^/[!-"$-~]*$',
      maxLength: 4096,
      "x-rule":
        "a path that starts with /, in printable ASCII without spaces or # (percent-encode them)",
      default: "/",
    },
    host: {
      description: "The Host header, with a port if the server wants one. http and https.",
      type: "string",
      pattern: "^[!-~]*$",
      maxLength: 255,
      "x-rule": "a host name or address, in printable ASCII without spaces",
      "x-absent": "the backend's address",
    },
    "response-code": {
      description: "The status that passes, or a range such as `200-299`. http and https.",
      ...forms.statusRange,
      default: 200,
    },
    "response-regexp": {
      description: "Must be found in the first 64 KiB of the body. http and https.",
      "x-format": "re2",
      type: "string",
      pattern: "^[^\\u0000]*$",
      maxLength: 1024,
      "x-rule": "a regular expression in RE2 syntax",
      "x-absent": "the body is not looked at",
    },
    ssl: {
      description: "Shake hands by TLS once connected. tcp only.",
      type: "boolean",
      default: false,
    },
    "server-name": {
      description: "SNI, and the name the certificate is verified for. tcp, http and https.",
      type: "string",
      pattern: "^[0-9A-Za-z_.:*-]*$",
      maxLength: 253,
      "x-rule": "a DNS name (letters, digits, dots, hyphens) without a port",
      "x-absent": "`host`, else the backend's address",
    },
    "insecure-skip-verify": {
      description: "Accept any certificate. tcp, http and https.",
      type: "boolean",
      default: false,
    },
  },
} as const satisfies ObjectSchema;

const tlsParams = ["server-name", "insecure-skip-verify"] as const;
const httpParams = ["path", "host", "response-code", "response-regexp", ...tlsParams] as const;

/** The keys of `params` that each type of probe understands. */
export const paramsOf = {
  icmp: [],
  tcp: ["ssl", ...tlsParams],
  http: httpParams,
  https: httpParams,
} as const satisfies Record<CheckType, readonly (keyof typeof params.properties)[]>;

const flap = {
  description: "When a backend that changes too often stays down for a while; `{}` is this with " +
    "the defaults.",
  ...optional,
  properties: {
    changes: {
      description: "So many changes between up and down.",
      ...integer(2, 100),
      default: 6,
    },
    within: {
      description: "The time within which they count, and after which one hold is forgiven.",
      ...forms.duration,
      default: "10m",
    },
    hold: {
      description: "How long it stays down the first time; doubled each time after that.",
      ...forms.duration,
      default: "1m",
    },
    "max-hold": {
      description: "The longest that it stays down; not shorter than `hold`.",
      ...forms.duration,
      default: "30m",
    },
  },
} as const satisfies ObjectSchema;

/** One of `maglev.healthchecks`. */
export const healthcheck = {
  title: "health check",
  description: "One way of probing, shared by any number of backends.",
  ...mapping,
  required: ["type"],
  properties: {
    type: {
      description: "What is sent: an echo, a connection, or an HTTP GET.",
      type: "string",
      enum: checkTypes,
    },
    port: {
      description: "Port that is probed. Not allowed for icmp.",
      ...integer(1, 65535),
      "x-absent": "required for tcp, http and https",
    },
    interval: {
      description: "Time between probes of a healthy backend.",
      ...forms.duration,
      default: "2s",
    },
    "fast-interval": {
      description: "Time between probes while the state is unknown or about to change.",
      ...forms.duration,
      "x-absent": "`interval`",
    },
    "down-interval": {
      description: "Time between probes of a backend that is fully down.",
      ...forms.duration,
      "x-absent": "`interval`",
    },
    timeout: {
      description: "Deadline of one probe, everything included.",
      ...forms.duration,
      default: "2s",
    },
    rise: {
      description: "Passes in a row that bring a dead backend up.",
      ...integer(1, 1000),
      default: 2,
    },
    fall: {
      description: "Failures in a row that take a healthy backend down.",
      ...integer(1, 1000),
      default: 3,
    },
    "probe-ipv4-src": {
      description: "Source address of probes to IPv4 backends.",
      ...forms.ipv4,
      "x-absent": "chosen by the kernel",
    },
    "probe-ipv6-src": {
      description: "Source address of probes to IPv6 backends.",
      ...forms.ipv6,
      "x-absent": "chosen by the kernel",
    },
    flap,
    params,
  },
  // As rules/health_check.ts says it in words.
  allOf: checkTypes.map((type) => ({
    if: { required: ["type"], properties: { type: { const: type } } },
    then: type === "icmp" ? { properties: { port: false, params: { maxProperties: 0 } } } : {
      required: ["port"],
      properties: { port: true, params: { propertyNames: { enum: paramsOf[type] } } },
    },
  })),
} as const satisfies ObjectSchema;

/** A health check as it is read. */
export type CheckSection = SectionOf<typeof healthcheck>;
