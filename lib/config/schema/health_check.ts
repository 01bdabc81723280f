import type { SectionSpec } from "../spec.ts";
import { checkTypes } from "../types.ts";
import { positive, second } from "./durations.ts";

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

/** One of `maglev.healthchecks`. */
export const healthcheck = {
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
      ...positive,
      default: 2 * second,
      description: "Time between probes of a healthy backend.",
    },
    "fast-interval": {
      ...positive,
      otherwise: "`interval`",
      description: "Time between probes while the state is unknown or about to change.",
    },
    "down-interval": {
      ...positive,
      otherwise: "`interval`",
      description: "Time between probes of a backend that is fully down.",
    },
    timeout: {
      ...positive,
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
    flap: {
      type: "section",
      otherwise: "never",
      description:
        "When a backend that changes too often stays down for a while; `{}` is this with " +
        "the defaults.",
      fields: {
        changes: {
          type: "int",
          min: 2,
          max: 100,
          default: 6,
          description: "So many changes between up and down.",
        },
        within: {
          ...positive,
          default: 600 * second,
          description: "The time within which they count, and after which one hold is forgiven.",
        },
        hold: {
          ...positive,
          default: 60 * second,
          description: "How long it stays down the first time; doubled each time after that.",
        },
        "max-hold": {
          ...positive,
          default: 1800 * second,
          description: "The longest that it stays down; not shorter than `hold`.",
        },
      },
    },
    params,
  },
} as const satisfies SectionSpec;

/** Its type, from which `SectionOf` makes that of a section that was read. */
export type HealthCheckSpec = typeof healthcheck;
