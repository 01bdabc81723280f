import { parseDuration } from "../config/mod.ts";
import { type Environment, UsageError, withFlags } from "../flags/mod.ts";
import type { AskOptions } from "./ask/types.ts";
import { type FlagName, flags, type ShellName, shells } from "./flags.ts";
import { type Way, ways } from "./targets.ts";

/** What maglevt is to do. */
export interface Settings {
  /** Files, at least one. */
  readonly configs: readonly string[];
  readonly intervalMs: number;
  readonly scheme: "" | Way;
  readonly ask: AskOptions;
  readonly keepalive: boolean;
  /** Which VIPs are asked. */
  readonly filter: RegExp | undefined;
  readonly json: boolean;
  /** Undefined: until told to end. */
  readonly durationMs: number | undefined;
  /** Percent. */
  readonly maxLoss: number;
}

/** What the arguments ask for. */
export type Request =
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "completion"; readonly shell: ShellName }
  | { readonly kind: "run"; readonly settings: Settings };

/** Between tries at least; more often is an attack. */
const shortestIntervalMs = 10;

/** Otherwise figures as JSON are of so long. */
const usualDurationMs = 10_000;

/** Reads the arguments and the environment. Throws UsageError. */
export function readRequest(args: readonly string[], environment: Environment): Request {
  if (args[0] === "completion") return { kind: "completion", shell: shellOf(args.slice(1)) };
  return withFlags(flags, args, environment, "there are flags only, see --help", requestOf);
}

function requestOf(get: (name: FlagName) => string): Request {
  if (get("help") === "true") return { kind: "help" };
  if (get("version") === "true") return { kind: "version" };
  return { kind: "run", settings: settingsOf(get) };
}

function shellOf(words: readonly string[]): ShellName {
  const shell = shells.find((each) => each === words[0]);
  if (shell && words.length === 1) return shell;
  throw new UsageError("completion wants one of bash, zsh and fish");
}

function settingsOf(get: (name: FlagName) => string): Settings {
  const configs = get("config").split(",").filter((path) => path !== "");
  if (configs.length === 0) throw new UsageError("--config wants a file");
  const intervalMs = time("interval", get("interval"));
  if (intervalMs < shortestIntervalMs) {
    throw new UsageError(`--interval is ${shortestIntervalMs}ms or more, not "${get("interval")}"`);
  }
  const json = get("json") === "true";
  const given = get("duration") === "" ? undefined : time("duration", get("duration"));
  if (given !== undefined && given < intervalMs) {
    throw new UsageError("--duration is not shorter than --interval, or VIPs would not be asked");
  }
  return {
    ...{ configs, intervalMs, json },
    scheme: schemeOf(get("scheme")),
    ask: askOptions(get),
    keepalive: get("keepalive") === "true",
    filter: get("filter") === "" ? undefined : filterOf(get("filter")),
    durationMs: given ?? (json ? usualDurationMs : undefined),
    maxLoss: percent(get("max-loss")),
  };
}

function askOptions(get: (name: FlagName) => string): AskOptions {
  const [path, header] = [get("path"), get("header")];
  if (!/^\/[\x21-\x7e]*$/.test(path)) {
    throw new UsageError(`--path begins with / and has no blanks, unlike "${path}"`);
  }
  // RFC 9110 section 5.6.2.
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(header)) {
    throw new UsageError(`--header is the name of a header, which "${header}" cannot be`);
  }
  const host = get("host");
  if (!/^[\x21-\x7e]*$/.test(host)) throw new UsageError(`--host has no blanks, unlike "${host}"`);
  return {
    ...{ path, header },
    timeoutMs: time("timeout", get("timeout")),
    host: host === "" ? undefined : host,
    insecure: get("insecure") === "true",
  };
}

function time(flag: FlagName, text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms > 0 && ms < 2 ** 31) return ms;
  throw new UsageError(`--${flag} wants a time such as 500ms or 2s, not "${text}"`);
}

function schemeOf(text: string): "" | Way {
  const way = ways.find((each) => each === text && each !== "icmp");
  if (way === undefined && text !== "") {
    throw new UsageError(`--scheme is http, https or tcp, not "${text}"`);
  }
  return way ?? "";
}

/** A regular expression that does not care for upper and lower case. Throws UsageError. */
export function filterOf(text: string): RegExp {
  try {
    return new RegExp(text, "iu");
  } catch {
    throw new UsageError(`"${text}" is not a regular expression`);
  }
}

function percent(text: string): number {
  const value = Number(text.replace(/%$/, ""));
  if (/^\d+(\.\d+)?%?$/.test(text) && value <= 100) return value;
  throw new UsageError(`--max-loss is a percentage from 0 to 100, not "${text}"`);
}
