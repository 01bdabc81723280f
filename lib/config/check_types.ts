import type { IpAddress } from "../ip/mod.ts";
import * as forms from "./forms.ts";
import { optional } from "./forms.ts";
import type { ObjectSchema, ScalarSchema, SectionOf } from "./json_schema.ts";
import { show } from "./problems.ts";

/** `params` of a health check: the keys of all types of probe. */
export const params = {
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
      // Colons are those of an IPv6 address: one alone would be before a port.
      pattern: "^(?:[0-9A-Za-z_.*-]*|[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*)$",
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

/** The types of probe, and the keys of `params` that each understands. */
export const paramsOf = {
  icmp: [],
  tcp: ["ssl", ...tlsParams],
  http: httpParams,
  https: httpParams,
} as const satisfies Record<CheckType, readonly (keyof typeof params.properties)[]>;

/** A type of probe. */
export type CheckType = HealthCheck["type"];

/** `type` of a health check. */
export const checkType = {
  description: "What is sent: an echo, a connection, or an HTTP GET.",
  type: "string",
  enum: Object.keys(paramsOf) as CheckType[],
} as const satisfies ScalarSchema;

/** How a TLS handshake is judged. */
export interface TlsParams {
  /** SNI and the name verified; undefined falls back to the host, then to the address. */
  readonly serverName: string | undefined;
  /** Any certificate will do. */
  readonly insecureSkipVerify: boolean;
}

/** When a backend changes so often that it stays down for a while. Durations are milliseconds. */
export interface FlapRule {
  /** So many changes between up and down, at least 2. */
  readonly changes: number;
  /** Within this time. */
  readonly withinMs: number;
  /** How long it stays down the first time; doubled each time after that. */
  readonly holdMs: number;
  /** The longest that it stays down. */
  readonly maxHoldMs: number;
}

/** What every health check has. Durations are milliseconds, possibly with fractions. */
export interface CheckTiming {
  /** Unique among its kind. */
  readonly name: string;
  /** Between probes of a healthy backend. */
  readonly intervalMs: number;
  /** Between probes while unknown or between the extremes. */
  readonly fastIntervalMs: number;
  /** Between probes of a backend that is fully down. */
  readonly downIntervalMs: number;
  /** The deadline of one probe, everything included. */
  readonly timeoutMs: number;
  /** Passes in a row that bring a dead backend up. */
  readonly rise: number;
  /** Failures in a row that take a healthy backend down. */
  readonly fall: number;
  /** When a backend that changes too often stays down for a while; undefined is never. */
  readonly flap?: FlapRule | undefined;
  /** Source of probes to IPv4 backends; undefined is the kernel's choice. */
  readonly probeIpv4Source: IpAddress | undefined;
  /** Source of probes to IPv6 backends; undefined is the kernel's choice. */
  readonly probeIpv6Source: IpAddress | undefined;
}

/** One ICMP echo. */
export interface IcmpCheck extends CheckTiming {
  /** The kind of probe. */
  readonly type: "icmp";
}

/** A TCP connection, with a TLS handshake when `tls` is set. */
export interface TcpCheck extends CheckTiming {
  /** The kind of probe. */
  readonly type: "tcp";
  /** 1 to 65535. */
  readonly port: number;
  /** Undefined is no TLS. */
  readonly tls: TlsParams | undefined;
}

/** One HTTP/1.1 GET. */
export interface HttpCheck extends CheckTiming {
  /** The kind of probe; https adds TLS. */
  readonly type: "http" | "https";
  /** 1 to 65535. */
  readonly port: number;
  /** Path and query of the request, sent as it is. */
  readonly path: string;
  /** The Host header; undefined is the backend's address, bracketed for IPv6. */
  readonly host: string | undefined;
  /** Statuses that pass, both ends included. */
  readonly responseCodeMin: number;
  /** The highest status that passes. */
  readonly responseCodeMax: number;
  /** RE2 syntax, already compiled once to prove it valid; searched in the first 64 KiB. */
  readonly responseRegexp: string | undefined;
  /** Used by https only. */
  readonly tls: TlsParams;
}

/** A health check, told apart by `type`. */
export type HealthCheck = IcmpCheck | TcpCheck | HttpCheck;

/**
 * The check of this type that the file describes. Undefined without the `port` that it has to have,
 * which is a problem already.
 */
export function checkOfType(
  type: CheckType,
  timing: CheckTiming,
  port: number | undefined,
  { values }: SectionOf<typeof params>,
): HealthCheck | undefined {
  if (type === "icmp") return { ...timing, type };
  if (port === undefined) return undefined;
  const tls = {
    serverName: values["server-name"] || undefined,
    insecureSkipVerify: values["insecure-skip-verify"],
  };
  switch (type) {
    case "tcp":
      return { ...timing, type, port, tls: values.ssl ? tls : undefined };
    case "http":
    case "https":
      return {
        ...timing,
        type,
        port,
        path: values.path,
        host: values.host || undefined,
        responseCodeMin: values["response-code"].min,
        responseCodeMax: values["response-code"].max,
        responseRegexp: values["response-regexp"] || undefined,
        tls,
      };
  }
}

/** Values as they are compared, by their keys in the file; undefined is unset. */
export type Texts<Key extends string = string> = Readonly<Record<Key, string | undefined>>;

/** {@link params} of a check; what its type does not know is unset. */
export function paramTexts(check: HealthCheck): Texts<keyof typeof params.properties> {
  const http = "path" in check ? check : undefined;
  const tls = "tls" in check ? check.tls : undefined;
  return {
    path: http && show(http.path),
    host: http?.host && show(http.host),
    "response-code": http && rangeText(http.responseCodeMin, http.responseCodeMax),
    "response-regexp": http?.responseRegexp && show(http.responseRegexp),
    ssl: check.type === "tcp" ? `${tls !== undefined}` : undefined,
    "server-name": tls?.serverName,
    "insecure-skip-verify": tls && `${tls.insecureSkipVerify}`,
  };
}

function rangeText(min: number, max: number): string {
  return min === max ? `${min}` : `${min}-${max}`;
}
