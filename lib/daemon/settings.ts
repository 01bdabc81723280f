import { parseLogLevel } from "../log/mod.ts";
import type { LogLevel } from "../log/mod.ts";
import type { ListenAddress } from "../rpc/mod.ts";
import { readFlags, UsageError } from "./flags.ts";
import type { FlagName } from "./flags.ts";
import { readListenAddress } from "./listen_address.ts";

/** How the daemon is to run. */
export interface Settings {
  readonly configPath: string;
  /** As given; known to be a listening address. */
  readonly grpcAddress: string;
  /** Further names of this machine, in lower case. */
  readonly hostNames: readonly string[];
  /** Origins of pages that may call the API, in lower case. */
  readonly origins: readonly string[];
  /** Whether everybody who reaches the API may change things. */
  readonly open: boolean;
  /** Undefined: no metrics are served. */
  readonly metricsAddress: ListenAddress | undefined;
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
export function readRequest(
  args: readonly string[],
  environment: { get(name: string): string | undefined },
): Request {
  const values = readFlags(args, environment);
  const get = (name: FlagName) => values.get(name) ?? "";
  if (get("help") === "true") return { kind: "help" };
  if (get("version") === "true") return { kind: "version" };
  if (get("reload") === "true") return { kind: "reload" };
  const configPath = get("config");
  if (configPath === "") throw new UsageError("--config is empty: maglevd needs a file");
  const strict = get("strict") === "true";
  if (get("check") === "true") return { kind: "check", configPath, strict };
  if (strict) throw new UsageError("--strict is about --check and means nothing without it");
  return { kind: "run", settings: readSettings(configPath, get) };
}

function readSettings(configPath: string, get: (name: FlagName) => string): Settings {
  const logLevel = parseLogLevel(get("log-level"));
  if (!logLevel) {
    throw new UsageError(`--log-level is debug, info, warn or error, not "${get("log-level")}"`);
  }
  const apiSocket = get("vpp-api-addr");
  const metrics = get("metrics-addr");
  const grpcAddress = get("grpc-addr");
  readListenAddress("grpc-addr", grpcAddress);
  return {
    configPath,
    grpcAddress,
    hostNames: readList(get("host-name"), "host-name", /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/),
    origins: readList(get("allow-origin"), "allow-origin", /^https?:\/\/[^/?#\s]+$/),
    open: get("open") === "true",
    metricsAddress: metrics === "" ? undefined : readListenAddress("metrics-addr", metrics),
    vpp: apiSocket === "" ? undefined : { apiSocket, statsSocket: get("vpp-stats-addr") },
    stateDir: get("state-dir"),
    logLevel,
    reflection: get("reflection") === "true",
  };
}

/** Words between commas or blanks, in lower case. Throws {@link UsageError} for one of another form. */
function readList(text: string, flag: FlagName, form: RegExp): readonly string[] {
  const words = text.toLowerCase().split(/[\s,]+/).filter((word) => word !== "");
  const wrong = words.find((word) => !form.test(word));
  if (wrong === undefined) return words;
  const example = flag === "host-name" ? "lb1.example.net" : "https://status.example.net";
  throw new UsageError(`--${flag} takes values like ${example}, not "${wrong}"`);
}
