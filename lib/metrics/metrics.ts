import type { Checker, CheckerObserver, CheckerStats, CheckerView } from "../checker/mod.ts";
import type { Budget, ConnectionObserver, PortName } from "../port/mod.ts";
import type { AuditObserver, RpcMethod, RpcObserver } from "../rpc/mod.ts";
import { type Clock, every, inSlices } from "../time/mod.ts";
import type { VppObserver, VppService } from "../vpp/mod.ts";
import { type Collector, collector, exposition, type Sample } from "./exposition.ts";
import { daemonFamilies, sections } from "./families.ts";
import { healthCollectors, probingCollectors } from "./health_collectors.ts";
import { processCollectors, type ProcessFigures, readProcess } from "./process_collectors.ts";
import {
  budgetCollectors,
  connectionTables,
  daemonTables,
  probeTables,
  rpcTables,
  vppTables,
} from "./tables.ts";
import { vppCollectors } from "./vpp_collectors.ts";

/** What a daemon's metrics are made of. */
export interface MetricsOptions {
  readonly clock: Clock;
  readonly build: { readonly version: string; readonly commit: string; readonly date: string };
  /** Every method that the API answers: each has its series from the first scrape. */
  readonly methods: readonly RpcMethod[];
}

/** When certificates of TLS end, Unix milliseconds. */
export interface CertificateEnds {
  /** The server's own. */
  readonly server: number;
  /** The first of the authorities of clients; undefined: clients are not asked for certificates. */
  readonly clientCa: number | undefined;
}

/** What is read at the time of a scrape. */
export interface MetricsSources {
  readonly checker: CheckerView & Pick<Checker, "tally">;
  /** Undefined when VPP integration is off. */
  readonly vpp: VppService | undefined;
  /** Log records lost so far. */
  readonly logDropped: () => number;
  /** How probing keeps up. */
  readonly checkerStats: () => CheckerStats;
  /** Of those in force; undefined: there is no TLS. */
  readonly certificateEnds: () => CertificateEnds | undefined;
  /** All budgets of what clients may use. */
  readonly budgets: () => Iterable<Budget>;
}

/** The daemon's metrics: observers for the rooms, and the exposition. */
export interface Metrics {
  readonly checkerObserver: CheckerObserver;
  readonly vppObserver: VppObserver;
  readonly rpcObserver: RpcObserver & AuditObserver;
  /** For the connections of one server. */
  connectionObserver(server: PortName): ConnectionObserver;
  /** The configuration was loaded, or could not be. */
  reloaded(ok: boolean): void;
  /** An error reached the top. */
  unhandledError(): void;
  /** Long-running work failed and is started again. */
  taskFailed(task: string): void;
  /** Adds what is read when scraped. Called once, when everything is wired. */
  attach(sources: MetricsSources): void;
  /** A scrape in slices, to be taken with room for other work between them. */
  scrape(): AsyncGenerator<Uint8Array<ArrayBuffer>>;
  /** Ends the measuring of the event loop. */
  close(): void;
}

/** Empty metrics. */
export function createMetrics({ clock, build, methods }: MetricsOptions): Metrics {
  const probes = probeTables();
  const vpp = vppTables();
  const rpc = rpcTables(methods);
  const connections = connectionTables();
  const daemon = daemonTables();
  const stopLag = watchLoopLag(clock, (seconds) => daemon.loopLag.observe(seconds));
  let loaded = { ok: false, at: 0 };
  let figures: ProcessFigures | undefined;
  let attached: readonly Collector[] = [];
  let tally: Checker["tally"] = function* () {};

  const buildLabels = [build.version, build.commit, build.date];
  const own: readonly Collector[] = [
    ...probes.tables,
    ...vpp.tables,
    ...rpc.tables,
    ...connections.tables,
    ...daemon.tables,
    collector(daemonFamilies.buildInfo, () => [[1, ...buildLabels]]),
    collector(daemonFamilies.reloadOk, () => [[loaded.ok ? 1 : 0]]),
    collector(daemonFamilies.reloadTime, () => loaded.at > 0 ? [[loaded.at / 1000]] : []),
    ...processCollectors(() => figures),
  ];

  return {
    checkerObserver: probes.observer,
    vppObserver: vpp.observer,
    rpcObserver: rpc.observer,
    connectionObserver: connections.observer,
    reloaded(ok) {
      daemon.reloads.increment(ok ? "success" : "failure");
      loaded = { ok, at: ok ? clock.wall() : loaded.at };
    },
    unhandledError: () => daemon.unhandled.increment(),
    taskFailed: (task) => daemon.taskFailures.increment(task),
    attach(sources) {
      if (sources.vpp) vpp.touch();
      tally = () => sources.checker.tally();
      attached = [
        ...healthCollectors(sources.checker, clock),
        ...(sources.vpp ? vppCollectors(sources.vpp, clock) : []),
        ...probingCollectors(sources.checkerStats),
        ...budgetCollectors(sources.budgets),
        collector(daemonFamilies.certificateExpiry, () => endSamples(sources.certificateEnds())),
        collector(daemonFamilies.logDropped, () => [[sources.logDropped()]]),
      ];
    },
    async *scrape() {
      figures = readProcess();
      await inSlices(clock, tally());
      yield* exposition(ordered([...own, ...attached]), clock);
    },
    close: stopLag,
  };
}

function endSamples(ends: CertificateEnds | undefined): readonly Sample[] {
  const { server, clientCa } = ends ?? {};
  const sample = (use: string, end: number | undefined): readonly Sample[] =>
    end === undefined ? [] : [[end / 1000, use]];
  return [...sample("server", server), ...sample("client_ca", clientCa)];
}

/** Every declared family in the order of the documentation, those without a source empty. */
function ordered(collectors: readonly Collector[]): readonly Collector[] {
  const byName = new Map(collectors.map((each) => [each.family.name, each]));
  return sections.flatMap(({ families }) => families)
    .map((family) => byName.get(family.name) ?? collector(family, () => []));
}

/** How often the event loop is asked how late it is: seldom, as a sleeper has to be woken for it. */
const everyMs = 1_000;

/** Measures how late timers run. Call the result to stop. */
export function watchLoopLag(clock: Clock, observe: (seconds: number) => void): () => void {
  let due = clock.now() + everyMs;
  const timer = every(clock, everyMs, () => {
    const now = clock.now();
    observe(Math.max(0, now - due) / 1000);
    due = now + everyMs;
  });
  return () => timer.cancel();
}
