import { type Environment, readServerTls, UsageError, withFlags } from "../flags/mod.ts";
import { type LogLevel, parseLogLevel } from "../log/mod.ts";
import { type ListenAddress, parseListenAddress, parseListenAddresses } from "../port/mod.ts";
import type { TlsPaths } from "../tls/mod.ts";
import { type FlagName, flags } from "./flags.ts";

/** The part of the settings that decides who may do what. */
export interface AccessSettings {
  /** As given; known to be addresses and sockets to listen on. */
  readonly grpcAddress: string;
  /** Of the API's Unix sockets: permissions, and the group's name, number or nothing. */
  readonly grpcSocket: { readonly mode: number; readonly group: string };
  /** The file that says who may do what; empty: there is none. */
  readonly authPath: string;
  /** What the API speaks TLS with on networks; undefined: it speaks in the clear. */
  readonly tls: TlsPaths | undefined;
  /** Further names of this machine, in lower case. */
  readonly hostNames: readonly string[];
  /** Whether everybody who reaches the API may change things. */
  readonly open: boolean;
  /** Undefined: no metrics are served. */
  readonly metricsAddress: ListenAddress | undefined;
  /** Whether they are served over TLS. */
  readonly metricsTls: boolean;
}

/** How the daemon is to run. */
export interface Settings extends AccessSettings {
  readonly configPath: string;
  /** Origins of pages that may call the API, in lower case. */
  readonly origins: readonly string[];
  /** Undefined: VPP integration is off. */
  readonly vpp: { readonly apiSocket: string; readonly statsSocket: string } | undefined;
  /** Empty: nothing outlives the process. */
  readonly stateDir: string;
  readonly logLevel: LogLevel;
  readonly reflection: boolean;
}

/** `--check`. */
export interface CheckRequest {
  readonly kind: "check";
  readonly configPath: string;
  /** Who may do what is checked as well. */
  readonly access: AccessSettings;
  /** Warnings count as errors. */
  readonly strict: boolean;
}

/** What maglevd was asked to do. */
export type Request =
  | { readonly kind: "run"; readonly settings: Settings }
  | CheckRequest
  | { readonly kind: "reload" }
  | { readonly kind: "version" }
  | { readonly kind: "help" };

/** Reads command line and environment. Throws {@link UsageError}. */
export function readRequest(args: readonly string[], environment: Environment): Request {
  return withFlags(flags, args, environment, "maglevd takes flags only, see --help", requestOf);
}

function requestOf(get: (name: FlagName) => string): Request {
  if (get("help") === "true") return { kind: "help" };
  if (get("version") === "true") return { kind: "version" };
  if (get("reload") === "true") return { kind: "reload" };
  const configPath = get("config");
  if (configPath === "") throw new UsageError("--config is empty: maglevd needs a file");
  const strict = get("strict") === "true";
  const access = readAccess(get);
  // All of them, also for --check: a start would stumble over any.
  const settings = readSettings(configPath, access, get);
  if (get("check") === "true") return { kind: "check", configPath, access, strict };
  if (strict) throw new UsageError("--strict is about --check and means nothing without it");
  return { kind: "run", settings };
}

/** What decides who may do what. Throws {@link UsageError}. */
function readAccess(get: (name: FlagName) => string): AccessSettings {
  const [grpcAddress, authPath] = [get("grpc-addr"), get("auth")];
  const open = get("open") === "true";
  if (authPath !== "" && open) {
    throw new UsageError("--open asks nobody who it is, and --auth everybody: leave one out");
  }
  checkApiAddresses(grpcAddress);
  const mode = readMode("grpc-socket-mode", get("grpc-socket-mode"));
  const tls = readServerTls(get, "clients");
  const metricsTls = get("metrics-tls") === "true";
  if (metricsTls && !tls) {
    throw new UsageError("--metrics-tls means nothing without --tls-cert and --tls-key");
  }
  const hostNames = readList(get("host-name"), "host-name", /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/);
  const grpcSocket = { mode, group: get("grpc-socket-group") };
  const metrics = get("metrics-addr");
  return {
    ...{ grpcAddress, grpcSocket, authPath, open, tls, hostNames },
    metricsAddress: metrics === "" ? undefined : readListenAddress("metrics-addr", metrics),
    metricsTls,
  };
}

function readSettings(
  configPath: string,
  access: AccessSettings,
  get: (name: FlagName) => string,
): Settings {
  const logLevel = parseLogLevel(get("log-level"));
  if (!logLevel) {
    throw new UsageError(`--log-level is debug, info, warn or error, not "${get("log-level")}"`);
  }
  const apiSocket = get("vpp-api-addr");
  return {
    configPath,
    ...access,
    origins: readList(get("allow-origin"), "allow-origin", /^https?:\/\/[^/?#\s]+$/),
    vpp: apiSocket === "" ? undefined : { apiSocket, statsSocket: get("vpp-stats-addr") },
    stateDir: get("state-dir"),
    logLevel,
    reflection: get("reflection") === "true",
  };
}

/** Permissions as chmod(1) takes them. Throws {@link UsageError}. */
function readMode(flag: FlagName, text: string): number {
  if (/^0?[0-7]{3}$/.test(text)) return Number.parseInt(text, 8);
  throw new UsageError(`--${flag} takes permissions such as 0660, not "${text}"`);
}

/** Words between commas or blanks, in lower case. Throws {@link UsageError} for one of another form. */
function readList(text: string, flag: FlagName, form: RegExp): readonly string[] {
  const words = text.toLowerCase().split(/[\s,]+/).filter((word) => word !== "");
  const wrong = words.find((word) => !form.test(word));
  if (wrong === undefined) return words;
  const example = flag === "host-name" ? "lb1.example.net" : "https://status.example.net";
  throw new UsageError(`--${flag} takes values like ${example}, not "${wrong}"`);
}

/** The address that stands in a flag. Throws {@link UsageError} when it is none. */
export function readListenAddress(flag: string, text: string): ListenAddress {
  try {
    return parseListenAddress(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(
      `--${flag} is an address and a port such as :9090, 127.0.0.1:9090 or [::1]:9090, not "${text}"`,
    );
  }
}

/** Whether the API can listen at all of these. Throws {@link UsageError} when it cannot. */
export function checkApiAddresses(text: string): void {
  try {
    parseListenAddresses(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(
      "--grpc-addr takes addresses and ports such as :9090, 127.0.0.1:9090 or [::1]:9090, and " +
        `sockets such as unix:/run/vpp-maglev/api.sock: ${error.message}`,
    );
  }
}
