import { Checker, type Restored } from "../checker/mod.ts";
import { type Config, ConfigLoader, describeContents, type FileWorker } from "../config/mod.ts";
import { type Actor, EventStream, Journal, logEvents } from "../events/mod.ts";
import { type DaemonLog, LimitedLog } from "../log/mod.ts";
import { createMetrics, type Metrics } from "../metrics/mod.ts";
import { descriptorLimit, giveBackMemory, lookForGarbage, refuseDebugger } from "../net/mod.ts";
import { ProbeThreads } from "../probing/mod.ts";
import { apiMethods, type ConfigReloadOutcome } from "../api/mod.ts";
import { Audit, type AuditedChange, loadCompression } from "../rpc/mod.ts";
import { Budgets } from "../port/mod.ts";
import type { ServiceManager } from "../service/mod.ts";
import { type FatalError, Supervisor } from "../supervisor/mod.ts";
import { type Clock, every } from "../time/mod.ts";
import { FileKeeping, Keeper, restoredFrom, type SavedState } from "../state/mod.ts";
import { type Flushes, type FlushMemory, trafficOf, Vpp, type VppService } from "../vpp/mod.ts";
import { version } from "../version/mod.ts";
import type { Auth } from "../access/mod.ts";
import type { TlsFiles } from "../tls/mod.ts";
import { warnOfMissingCapabilities } from "./capabilities.ts";
import { ConfigFile, FileStamp } from "./config_file.ts";
import { logDangers, unfitCertificate } from "./dangers.ts";
import { cpuMs, Lateness, Vitals } from "./vitals.ts";
import { rateOf } from "./log_rates.ts";
import { startApi, startMetricsServer } from "./servers.ts";
import type { Settings } from "./settings.ts";
import { SpareMemory } from "./spare_memory.ts";
import { runningStatus } from "./status_text.ts";
import { forecastVpp } from "./vpp_forecast.ts";

/** What a daemon works with. */
export interface Surroundings {
  readonly clock: Clock;
  readonly log: DaemonLog;
  readonly manager: ServiceManager;
  /** Parses the files that are loaded again. */
  readonly worker: FileWorker;
  /** Told that the process has to end. */
  readonly fatal: (error: FatalError) => void;
}

/** What the parts of a daemon are made with. */
export interface Base extends Surroundings {
  readonly settings: Settings;
  /** Who may do what; undefined: that goes by where a call comes from. */
  readonly auth: Auth | undefined;
  /** What addresses on networks are secured with; undefined: they speak in the clear. */
  readonly tls: TlsFiles | undefined;
  /** The same, at a limited rate where something may not settle. */
  readonly steadyLog: LimitedLog;
  readonly metrics: Metrics;
  readonly events: EventStream;
  readonly journal: Journal;
  readonly supervisor: Supervisor;
  readonly budgets: Budgets;
}

/** What became of files that were to be loaded again. */
export interface Reloaded {
  readonly config: ConfigReloadOutcome;
  /** Why the file of `--auth` is not in force; empty if it is, or there is none. */
  readonly authRejected: string;
  /** The same of those of TLS. */
  readonly tlsRejected: string;
}

/** A daemon at work. */
export interface Daemon extends AsyncDisposable {
  /** Loads all files again, as SIGHUP asks. Never rejects. */
  reload(actor: Actor): Promise<Reloaded>;
  /** Counts an error that reached the top. */
  strayError(): void;
}

/**
 * Starts everything: engine, probes, checker, VPP, metrics, API, in this order, and takes it down
 * in the other. VPP is left as it is when the daemon ends. Rejects with a sentence for the operator
 * when something cannot be started; then nothing is left running.
 */
export async function startDaemon(
  settings: Settings,
  config: Config,
  { auth, tls }: Pick<Base, "auth" | "tls">,
  surroundings: Surroundings,
): Promise<Daemon> {
  const { clock, log, manager, worker, fatal } = surroundings;
  await using parts = new AsyncDisposableStack();
  await loadCompression();
  const metrics = parts.adopt(
    createMetrics({ clock, build: version, methods: apiMethods(settings) }),
    (each) => each.close(),
  );
  const events = parts.use(new EventStream(clock, log));
  const steadyLog = parts.use(new LimitedLog(log, clock, rateOf));
  logEvents(events, steadyLog);
  const journal = parts.use(new Journal(events));
  const supervisor = new Supervisor({ clock, log, fatal, failed: metrics.taskFailed });
  const budgets = parts.use(new Budgets(log, clock));
  parts.use(
    new SpareMemory({
      clock,
      memory: () => Deno.memoryUsage(),
      collect: lookForGarbage,
      giveBack: giveBackMemory,
    }),
  );
  const base: Base = {
    ...surroundings,
    ...{ settings, auth, tls, steadyLog, metrics },
    ...{ events, journal, supervisor, budgets },
  };
  const keeper = startKeeper(base, parts);
  const kept = await keeper?.open();
  if (kept) {
    events.goOnBehind(kept.lastSeq);
    journal.restore(kept.events, kept.lastSeq);
  }
  const restored = kept && restore(base, kept, config);
  if (restored?.isHealthFresh) journal.goOnWith(restored.backends.keys());
  const checker = startChecker(base, config, restored, parts);
  keeper?.follow(checker);
  const flushes = keeper && kept && {
    restored: kept.flushes,
    changed: (flushes: Flushes) => keeper.flushed(flushes),
  };
  const vpp = startVpp(base, checker, flushes, parts);
  if (vpp) checker.watchTraffic(() => trafficOf(vpp.counters()));
  const loader = new ConfigLoader(clock, worker);
  const file = configFile(base, checker, loader, vpp);
  metrics.reloaded(true);
  metrics.attach({
    checker,
    vpp,
    logDropped: () => log.dropped,
    checkerStats: () => checker.stats(),
    certificateEnds: () =>
      tls && { server: tls.identity.certificate.end, clientCa: tls.identity.trustedUntil },
    budgets: () => budgets.all,
  });
  warnOfMissingCapabilities(config, log);
  startMetricsServer(base, parts);
  const audit = new Audit({ events, observer: metrics.rpcObserver, clock });
  const api = await startApi(base, checker, file, vpp, keeper, audit);
  parts.adopt(api, (server) => server.shutdown());
  // Files of TLS are also read when nobody asks for it.
  tls?.follow(() => {
    api.reviewStreams();
    const { certificate } = tls.identity;
    void unfitCertificate(settings, certificate).then((unfit) => logDangers(unfit, log));
  });
  manager.ready(runningStatus(config));
  // Each thread that is started has the runtime listen anew.
  const refusing = every(clock, 1_000, refuseDebugger);
  parts.defer(() => refusing.cancel());
  const lateness = new Lateness(clock, cpuMs, log);
  const vitals = parts.use(new Vitals(clock, checker, (counts) => lateness.look(counts)));
  manager.watch(() => vitals.complaint(vpp));
  const own = parts.move();
  return {
    reload: async ({ name, from }) => {
      const by = { name, role: "admin", peer: from, method: "machine" } as const;
      const audited = reloadBySignal(checker);
      await Promise.all([auth?.reload(), tls?.reload()]);
      api.reviewStreams();
      const reload = () => file.reload({ name, from });
      return {
        config: await audit.carryOut(by, "ReloadConfig", audited, reload),
        authRejected: auth?.rejected ?? "",
        tlsRejected: tls?.rejected ?? "",
      };
    },
    strayError: metrics.unhandledError,
    [Symbol.asyncDispose]: () => own.disposeAsync(),
  };
}

/** What SIGHUP is about to do, for the audit. */
function reloadBySignal(checker: Checker): AuditedChange<ConfigReloadOutcome> {
  return {
    target: "configuration",
    state: () => describeContents(checker.config),
    failure: (outcome) => outcome.kind === "ok" ? "" : outcome.message,
  };
}

/** What outlives the process, or undefined when nothing does. */
function startKeeper(
  { settings: { stateDir }, clock, log, journal }: Base,
  parts: AsyncDisposableStack,
): Keeper | undefined {
  if (stateDir === "") {
    log.info("state-memory-only", {
      reason: "--state-dir is empty: what operators say is forgotten at a restart",
    });
    return undefined;
  }
  const keeping = new FileKeeping(stateDir, clock);
  return parts.adopt(
    new Keeper({ keeping, clock, log, journal }),
    (keeper) => keeper.close(),
  );
}

/** Says what counts of what was kept. */
function restore({ clock, log }: Base, state: SavedState, config: Config): Restored {
  const now = clock.wall();
  const restored = restoredFrom(state, now, config.stateMaxAgeMs);
  log.info("state-restored", {
    backends: state.backends.length,
    events: state.events.length,
    weights: state.weights.length,
    health: state.aliveAt === 0 ? "none" : restored.isHealthFresh ? "counts" : "too old to count",
    "age-ms": state.aliveAt > 0 ? Math.round(now - state.aliveAt) : undefined,
  });
  return restored;
}

function startChecker(
  { clock, log, metrics, events, fatal }: Base,
  config: Config,
  restored: Restored | undefined,
  parts: AsyncDisposableStack,
): Checker {
  const threads = parts.use(
    new ProbeThreads({
      ...{ clock, log, fatal, version: version.version },
      descriptorLimit: descriptorLimit(),
    }),
  );
  return parts.use(
    new Checker({
      config,
      probing: threads.start,
      clock,
      log,
      events,
      observer: metrics.checkerObserver,
      restored,
    }),
  );
}

/** VPP, or undefined when it was not asked for. It is connected to in the background. */
function startVpp(
  { settings, clock, steadyLog, metrics, events, supervisor }: Base,
  checker: Checker,
  flushes: FlushMemory | undefined,
  parts: AsyncDisposableStack,
): VppService | undefined {
  if (!settings.vpp) return undefined;
  const vpp = new Vpp({
    apiAddr: settings.vpp.apiSocket,
    statsAddr: settings.vpp.statsSocket,
    checker,
    flushes,
    events,
    log: steadyLog,
    clock,
    supervisor,
    observer: metrics.vppObserver,
  });
  parts.defer(() => vpp.close());
  vpp.start();
  return vpp;
}

/** The file that SIGHUP and the API load again. */
function configFile(
  { settings, auth, clock, log, manager, steadyLog, metrics, events }: Base,
  checker: Checker,
  loader: ConfigLoader,
  vpp: VppService | undefined,
): ConfigFile {
  const stamp = new FileStamp(settings.configPath);
  return new ConfigFile({
    path: settings.configPath,
    load: () => loader.load(settings.configPath),
    stamp: () => stamp.now(),
    now: () => clock.wall(),
    apply: async (config, options) => {
      const outcome = await checker.reload(config, options);
      warnOfMissingCapabilities(config, log);
      return outcome;
    },
    foresee: (config) => checker.foreseeReload(config),
    foreseeVpp: vpp && ((desired) => forecastVpp(vpp, desired, clock)),
    reloading: () => manager.reloading(),
    reloaded: (refusal) => {
      metrics.reloaded(refusal === undefined);
      manager.ready(runningStatus(checker.config, refusal ?? (auth?.rejected || undefined)));
    },
    log: steadyLog,
    events,
  });
}
