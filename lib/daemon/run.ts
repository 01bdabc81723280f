import { Accounts, Auth, authProblems, loadAuth, openFileWorker } from "../access/mod.ts";
import { checkExitCode, formatOutcome, formatProblem, loadConfig } from "../config/mod.ts";
import type { Config } from "../config/mod.ts";
import type { Actor } from "../events/mod.ts";
import { UsageError } from "../flags/mod.ts";
import { complain, createLogger, goesToJournal, reasonOf, silentLogger } from "../log/mod.ts";
import type { DaemonLog, Logger } from "../log/mod.ts";
import { refuseDebugger } from "../net/mod.ts";
import { ServiceManager } from "../service/mod.ts";
import type { FatalError } from "../supervisor/mod.ts";
import { systemClock } from "../time/mod.ts";
import {
  type CertificateFacts,
  loadIdentity,
  PemError,
  TlsFiles,
  type TlsPaths,
} from "../tls/mod.ts";
import { formatVersion, version } from "../version/mod.ts";
import { trustSystemAuthorities } from "./authorities.ts";
import { logWarnings } from "./config_file.ts";
import { type Daemon, startDaemon, type Surroundings } from "./daemon.ts";
import { exitCodes, usage } from "./flags.ts";
import { dangersOf, logDangers } from "./dangers.ts";
import { endAtOnce, guardAgainstStrayErrors, listenToSignals, takeDown } from "./ending.ts";
import { answerTo, askForReload, reloadAsker } from "./reload_answer.ts";
import { socketRights } from "./servers.ts";
import type { AccessSettings, CheckRequest, Request, Settings } from "./settings.ts";
import { readRequest } from "./settings.ts";
import { oneLine, refusedStatus } from "./status_text.ts";

/** Who asks for a reload by SIGHUP. */
const hangup: Actor = { name: "signal", from: "SIGHUP" };
/** How long a log reader that has stopped may hold up the end. */
const flushLimitMs = 1000;

/** Runs maglevd with these arguments until it is told to stop. Resolves to the exit code. */
export async function runMaglevd(args: readonly string[]): Promise<number> {
  try {
    return await carryOut(args);
  } catch (error) {
    // Left to the runtime, it would end with the code of a broken configuration.
    complain(`maglevd: ${error instanceof Error ? error.stack : String(error)}`);
    return exitCodes.fault;
  }
}

async function carryOut(args: readonly string[]): Promise<number> {
  const request = read(args);
  if (typeof request === "string") {
    complain(`maglevd: ${request}`);
    serviceManager(silentLogger).status(`maglevd: ${oneLine(request)}`);
    return exitCodes.semantic;
  }
  switch (request.kind) {
    case "help":
      console.log(usage());
      return exitCodes.done;
    case "version":
      console.log(formatVersion("maglevd"));
      return exitCodes.done;
    case "check":
      return await check(request);
    case "reload":
      return await reload();
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
async function check({ configPath, access, strict }: CheckRequest): Promise<number> {
  const authCode = await checkAccess(access, strict);
  const outcome = await loadConfig(configPath);
  if (outcome.kind === "valid") console.log(formatOutcome(outcome));
  else complain(formatOutcome(outcome));
  return checkExitCode(outcome, strict) || authCode;
}

/** The part of it that is about who may do what. */
async function checkAccess(access: AccessSettings, strict: boolean): Promise<number> {
  const { authPath, tls } = access;
  const auth = authPath === "" ? undefined : await loadAuth(authPath, new Accounts(systemClock));
  if (auth?.kind === "invalid") {
    complain(formatOutcome(auth));
    return checkExitCode(auth);
  }
  let certificate: CertificateFacts | undefined;
  try {
    socketRights(access.grpcSocket);
    if (tls) ({ certificate } = await loadIdentity(tls));
  } catch (error) {
    if (!(error instanceof PemError || error instanceof UsageError)) throw error;
    complain(error.message);
    return exitCodes.semantic;
  }
  const dangers = await dangersOf(access, auth?.rules, certificate);
  for (const { where, reason } of dangers) console.log(`${where}: warning: ${reason}`);
  if (auth) console.log(`${authPath}: valid`);
  if (tls) console.log(`${tls.cert}: valid`);
  return strict && dangers.length > 0 ? exitCodes.semantic : exitCodes.done;
}

/** `--reload`: the daemon itself tells the service manager what became of it. */
async function reload(): Promise<number> {
  try {
    const { code, message } = await askForReload(Deno.env, systemClock);
    if (message !== "") complain(message);
    return code;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    complain(`maglevd: ${error.message}`);
    return exitCodes.semantic;
  }
}

function serviceManager(log: Logger): ServiceManager {
  return new ServiceManager({ environment: Deno.env, pid: Deno.pid, clock: systemClock, log });
}

async function serve(settings: Settings): Promise<number> {
  const log = createLogger({
    level: settings.logLevel,
    sink: Deno.stdout,
    clock: systemClock,
    toJournal: goesToJournal(1, Deno.env),
  });
  const unsure = chooseAuthorities();
  refuseDebugger();
  log.info("starting", { ...version });
  if (unsure !== undefined) log.warn("authorities-unsure", { err: unsure });
  using listening = listen(log);
  const code = await serveLogged(settings, log, listening);
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

async function serveLogged(
  settings: Settings,
  log: DaemonLog,
  { told, running }: Listening,
): Promise<number> {
  using manager = serviceManager(log);
  const outcome = await loadConfig(settings.configPath);
  if (outcome.kind === "invalid") {
    const err = outcome.problems.map(formatProblem).join("\n");
    log.error("config-check-failed", { type: outcome.stage, err });
    manager.status(refusedStatus(outcome));
    return checkExitCode(outcome);
  }
  logWarnings(outcome.warnings, log);
  using worker = openFileWorker(systemClock);
  const { authPath } = settings;
  const about = { worker, clock: systemClock, log };
  const auth = authPath === "" ? undefined : await Auth.open(authPath, about);
  if (auth && "problems" in auth) {
    log.error("auth-check-failed", { type: auth.stage, err: authProblems(auth) });
    manager.status(refusedStatus(auth));
    return checkExitCode(auth);
  }
  const opened = await openTls(settings.tls, log);
  if (opened instanceof PemError) {
    log.error("tls-check-failed", { err: opened.message });
    manager.status(`could not start: ${oneLine(opened.message)}`);
    return exitCodes.semantic;
  }
  using tls = opened;
  logDangers(await dangersOf(settings, auth?.rules, tls?.identity.certificate), log);
  const daemon = await start(settings, outcome.config, { auth, tls }, { log, manager, worker });
  running.daemon = daemon;
  if (!daemon) return exitCodes.startFailed;
  if (running.reloadAsked) void reloadAndTell(daemon, log);
  const { code, why } = await told;
  log.info("stopping", { why });
  manager.stopping(`ended: ${why}`);
  return await takeDown(daemon, log, systemClock) ? code : exitCodes.fault;
}

/** The certificates of TLS, why there can be none, or undefined when they are not asked for. */
async function openTls(paths: TlsPaths | undefined, log: Logger) {
  try {
    return paths && await TlsFiles.open({ paths, clock: systemClock, log });
  } catch (error) {
    if (error instanceof PemError) return error;
    throw error;
  }
}

async function start(
  settings: Settings,
  config: Config,
  access: Parameters<typeof startDaemon>[2],
  parts: Pick<Surroundings, "log" | "manager" | "worker">,
): Promise<Daemon | undefined> {
  const { log, manager } = parts;
  try {
    const fatal = (error: FatalError) => endAtOnce(error, manager, log, Deno.exit);
    return await startDaemon(settings, config, access, { ...parts, clock: systemClock, fatal });
  } catch (error) {
    const err = reasonOf(error);
    log.error("start-failed", { err });
    manager.status(`could not start: ${oneLine(err)}`);
    return undefined;
  }
}

/** Signals come at any time, also before there is a daemon to tell. */
interface Running {
  daemon: Daemon | undefined;
  reloadAsked: boolean;
}

/** Why the daemon is to end, and what with. */
interface Told {
  readonly code: number;
  readonly why: string;
}

/** What is heard until this is disposed of. */
interface Listening extends Disposable {
  /** Resolves when a signal, or errors, end the daemon. */
  readonly told: Promise<Told>;
  /** Who is told of the others. */
  readonly running: Running;
}

/** Listens to signals and stray errors. */
function listen(log: DaemonLog): Listening {
  const running: Running = { daemon: undefined, reloadAsked: false };
  const { promise: told, resolve } = Promise.withResolvers<Told>();
  const endSignals = listenToSignals({
    reload: () => {
      if (running.daemon) void reloadAndTell(running.daemon, log);
      else running.reloadAsked = true;
    },
    stop: (signal) => resolve({ code: exitCodes.done, why: signal }),
    force: (signal) => {
      log.warn("stopping-at-once", { why: signal });
      void log.flush(flushLimitMs).then(() => Deno.exit(exitCodes.fault));
    },
  });
  const endGuard = guardAgainstStrayErrors({
    log,
    clock: systemClock,
    count: () => running.daemon?.strayError(),
    giveUp: () => resolve({ code: exitCodes.fault, why: "too many errors" }),
  });
  return {
    ...{ told, running },
    [Symbol.dispose]: () => {
      endSignals();
      endGuard();
    },
  };
}

/** Reloads, and tells who sent the signal and waits, if there is such. Never rejects. */
async function reloadAndTell(daemon: Daemon, log: Logger): Promise<void> {
  const unanswered = (error: unknown) => log.warn("reload-unanswered", { err: reasonOf(error) });
  using asker = await reloadAsker(Deno.env).catch((error) => {
    unanswered(error);
    return undefined;
  });
  const outcome = await daemon.reload(hangup);
  await asker?.tell(answerTo(outcome)).catch(unanswered);
}
