import { checkExitCode, formatOutcome, formatProblem, loadConfig } from "../config/mod.ts";
import type { Config } from "../config/mod.ts";
import type { Actor } from "../events/mod.ts";
import { createLogger, reasonOf } from "../log/mod.ts";
import type { DaemonLog } from "../log/mod.ts";
import { systemClock } from "../time/mod.ts";
import { formatVersion, version } from "../version/mod.ts";
import { trustSystemAuthorities } from "./authorities.ts";
import { logWarnings } from "./config_file.ts";
import { startDaemon } from "./daemon.ts";
import type { Daemon } from "./daemon.ts";
import { usage, UsageError } from "./flags.ts";
import { endAtOnce, guardAgainstStrayErrors } from "./last_resort.ts";
import { ServiceManager } from "./service_manager.ts";
import { readRequest } from "./settings.ts";
import type { CheckRequest, Request, Settings } from "./settings.ts";
import { listenToSignals } from "./signals.ts";

/** Who asks for a reload by SIGHUP. */
const hangup: Actor = { name: "signal", from: "SIGHUP" };
/** How long a log reader that has stopped may hold up the end. */
const flushLimitMs = 1000;
/** How long the end may take in all. */
const stopLimitMs = 15_000;

/** Runs maglevd with these arguments until it is told to stop. Resolves to the exit code. */
export async function runMaglevd(args: readonly string[]): Promise<number> {
  const request = read(args);
  if (typeof request === "string") {
    console.error(`maglevd: ${request}`);
    return 2;
  }
  switch (request.kind) {
    case "help":
      console.log(usage());
      return 0;
    case "version":
      console.log(formatVersion("maglevd"));
      return 0;
    case "check":
      return await check(request);
    case "run":
      return await serve(request.settings);
  }
}

/** The request, or what is wrong with it. */
function read(args: readonly string[]): Request | string {
  try {
    return readRequest(args, Deno.env);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}

/** `--check`: what is right goes to standard output, what is wrong to standard error. */
async function check({ configPath, strict }: CheckRequest): Promise<number> {
  const outcome = await loadConfig(configPath);
  const print = outcome.kind === "valid" ? console.log : console.error;
  print(formatOutcome(outcome));
  return checkExitCode(outcome, strict);
}

async function serve(settings: Settings): Promise<number> {
  const log = createLogger({ level: settings.logLevel, sink: Deno.stdout, clock: systemClock });
  const unsure = chooseAuthorities();
  log.info("starting", { ...version });
  if (unsure !== undefined) log.warn("authorities-unsure", { err: unsure });
  const code = await serveLogged(settings, log);
  await log.flush(flushLimitMs);
  return code;
}

/** Returns why checks over TLS may come to trust other authorities than this host does. */
function chooseAuthorities(): string | undefined {
  try {
    trustSystemAuthorities();
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

async function serveLogged(settings: Settings, log: DaemonLog): Promise<number> {
  const running: Running = { daemon: undefined, reloadAsked: false };
  const told = untilTold(running, log);
  const outcome = await loadConfig(settings.configPath);
  if (outcome.kind === "invalid") {
    const err = outcome.problems.map(formatProblem).join("\n");
    log.error("config-check-failed", { type: outcome.stage, err });
    return checkExitCode(outcome);
  }
  logWarnings(outcome.warnings, log);
  using manager = new ServiceManager({
    environment: Deno.env,
    pid: Deno.pid,
    clock: systemClock,
    log,
  });
  const daemon = running.daemon = await start(settings, outcome.config, log, manager);
  if (!daemon) return 1;
  if (running.reloadAsked) void daemon.reload(hangup);
  const { code, why } = await told;
  log.info("stopping", { why });
  manager.stopping();
  return await stop(daemon, log) ? code : 1;
}

async function start(
  settings: Settings,
  config: Config,
  log: DaemonLog,
  manager: ServiceManager,
): Promise<Daemon | undefined> {
  try {
    return await startDaemon(
      settings,
      config,
      log,
      manager,
      (error) => endAtOnce(error, log, Deno.exit),
    );
  } catch (error) {
    log.error("start-failed", { err: reasonOf(error) });
    return undefined;
  }
}

/** Signals come at any time, also before there is a daemon to tell. */
interface Running {
  daemon: Daemon | undefined;
  reloadAsked: boolean;
}

/** Listens to signals and stray errors; resolves when one of them ends the daemon. */
function untilTold(running: Running, log: DaemonLog): Promise<{ code: number; why: string }> {
  const { promise, resolve } = Promise.withResolvers<{ code: number; why: string }>();
  listenToSignals({
    reload: () => {
      if (running.daemon) void running.daemon.reload(hangup);
      else running.reloadAsked = true;
    },
    stop: (signal) => resolve({ code: 0, why: signal }),
    force: (signal) => {
      log.warn("stopping-at-once", { why: signal });
      void log.flush(flushLimitMs).then(() => Deno.exit(1));
    },
  });
  guardAgainstStrayErrors({
    log,
    clock: systemClock,
    count: () => running.daemon?.strayError(),
    giveUp: () => resolve({ code: 1, why: "too many errors" }),
  });
  return promise;
}

/** Whether everything could be taken down in time. */
async function stop(daemon: Daemon, log: DaemonLog): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const limit = systemClock.after(stopLimitMs, () => {
    log.error("stop-timeout", { "after-seconds": stopLimitMs / 1000 });
    resolve(false);
  });
  const done = daemon[Symbol.asyncDispose]().then(() => true, (error) => {
    log.error("stop-failed", { err: String(error) });
    return false;
  });
  const ok = await Promise.race([done, late]);
  limit.cancel();
  if (ok) log.info("stopped");
  return ok;
}
