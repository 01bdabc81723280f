import type { TlsWords } from "../cli/mod.ts";
import { type Environment, readServerTls, UsageError, withFlags } from "../flags/mod.ts";
import { parseLogLevel } from "../log/mod.ts";
import type { LogLevel } from "../log/mod.ts";
import { type ListenAddress, parseListenAddress } from "../port/mod.ts";
import type { TlsPaths } from "../tls/mod.ts";
import { type FlagName, flags } from "./flags.ts";

/** Who may do everything, by a password. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** How maglevd-frontend is to run. */
export interface Settings {
  /** As given: maglevds with commas between. */
  readonly servers: string;
  /** Of the token that all of them are shown; empty: each has its own, or none. */
  readonly tokenFile: string;
  /** How all of them are asked; what is not said, servers.yaml may say of each. */
  readonly tls: TlsWords;
  readonly listen: ListenAddress;
  /** With which browsers are answered over TLS; undefined: in the clear. */
  readonly certificate: TlsPaths | undefined;
  /** The file that says who may do what; empty: there is none, and all may look. */
  readonly authPath: string;
  /** Further names of this machine, in lower case. */
  readonly hostNames: readonly string[];
  /** Undefined, and no file: nobody may steer, and there is no `/admin/`. */
  readonly credentials: Credentials | undefined;
  readonly logLevel: LogLevel;
}

/** What maglevd-frontend was asked to do. */
export type Request =
  | { readonly kind: "run" | "check"; readonly settings: Settings }
  | { readonly kind: "version" }
  | { readonly kind: "help" };

/** Reads command line and environment. Throws {@link UsageError}. */
export function readRequest(args: readonly string[], environment: Environment): Request {
  const reproach = "there are flags only, see --help";
  return withFlags(flags, args, environment, reproach, (get) => requestOf(get, environment));
}

function requestOf(get: (name: FlagName) => string, environment: Environment): Request {
  if (get("help") === "true") return { kind: "help" };
  if (get("version") === "true") return { kind: "version" };
  const logLevel = parseLogLevel(get("log-level"));
  if (!logLevel) {
    throw new UsageError(`--log-level is debug, info, warn or error, not "${get("log-level")}"`);
  }
  if (get("server").trim() === "") {
    throw new UsageError("--server is empty: there is nothing to show");
  }
  return {
    kind: get("check") === "true" ? "check" : "run",
    settings: {
      servers: get("server"),
      tokenFile: get("token-file"),
      tls: readClientTls(get),
      listen: readListen(get("listen")),
      certificate: readServerTls(get, "browsers"),
      authPath: get("auth"),
      hostNames: get("host-name").toLowerCase().split(/[\s,]+/).filter((name) => name !== ""),
      credentials: readCredentials(environment),
      logLevel,
    },
  };
}

/** What is empty is not said. */
function readClientTls(get: (name: "tls" | "ca" | "cert" | "key") => string): TlsWords {
  const files = (["ca", "cert", "key"] as const).flatMap((name) =>
    get(name) === "" ? [] : [[name, get(name)] as const]
  );
  return { ...get("tls") === "true" && { tls: true }, ...Object.fromEntries(files) };
}

function readListen(text: string): ListenAddress {
  try {
    return parseListenAddress(text);
  } catch {
    throw new UsageError(
      `--listen is an address and a port such as :9093, 127.0.0.1:9093 or [::1]:9093, not "${text}"`,
    );
  }
}

/** One without the other is a mistake that must not leave the door open, or shut. */
function readCredentials(environment: Environment): Credentials | undefined {
  const [user = "", password = ""] = ["USER", "PASSWORD"].map((name) =>
    environment.get(`MAGLEV_FRONTEND_${name}`)
  );
  if (user === "" && password === "") return undefined;
  if (user === "" || password === "" || user.includes(":")) {
    throw new UsageError(
      "MAGLEV_FRONTEND_USER and MAGLEV_FRONTEND_PASSWORD go together, and a user has no colon",
    );
  }
  return { user, password };
}
