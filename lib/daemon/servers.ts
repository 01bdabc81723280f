import { type Access, accessByPlace, accessByRules, Accounts, type Auth } from "../access/mod.ts";
import type { Checker } from "../checker/mod.ts";
import { UsageError } from "../flags/mod.ts";
import { serveMetrics } from "../metrics/mod.ts";
import { startApiServer } from "../api/mod.ts";
import type { Audit, RpcServer } from "../rpc/mod.ts";
import { machineNames, readGate, type SocketRights } from "../port/mod.ts";
import type { Keeper, StateCondition } from "../state/mod.ts";
import { systemClock } from "../time/mod.ts";
import type { VppService } from "../vpp/mod.ts";
import type { Base } from "./daemon.ts";
import type { ConfigFile } from "./config_file.ts";
import type { Settings } from "./settings.ts";

/** Unix milliseconds at which this process began. */
const startedAt = systemClock.wall();

const nothingWrong: StateCondition = { notKept: undefined, troubles: [] };

/** Serves the API. Rejects with a sentence when that cannot be. */
export async function startApi(
  { settings, auth, tls, clock, log, metrics, supervisor, budgets, events, journal }: Base,
  checker: Checker,
  config: ConfigFile,
  vpp: VppService | undefined,
  keeper: Keeper | undefined,
  audit: Audit,
): Promise<RpcServer> {
  const hosts = await Deno.readTextFile("/etc/hosts").catch(() => "");
  const server = startApiServer({
    addr: settings.grpcAddress,
    rights: socketRights(settings.grpcSocket),
    checker,
    journal,
    archive: keeper,
    memory: keeper,
    status: async () => ({
      startedAt,
      config: await config.status(),
      impaired: checker.impaired,
      authRejected: auth?.rejected ?? "",
      state: { directory: settings.stateDir, ...keeper?.condition ?? nothingWrong },
      tls: tls &&
        { path: tls.path, end: tls.identity.certificate.end, rejected: tls.rejected },
    }),
    events,
    logs: log,
    vpp,
    config,
    observer: metrics.rpcObserver,
    connections: metrics.connectionObserver("grpc"),
    browsers: {
      hostNames: machineNames(Deno.hostname(), hosts).union(new Set(settings.hostNames)),
      origins: new Set(settings.origins),
    },
    access: auth ? accessByRules(() => auth.rules) : accessByPlace({ open: settings.open }),
    audit,
    budgets,
    supervisor,
    log,
    reflection: settings.reflection,
    tls,
    clock,
  });
  for (const addr of server.addresses) log.info("api-listening", { addr });
  return server;
}

/** Who may connect. Throws {@link UsageError} when there is no such group. */
export function socketRights({ mode, group }: Settings["grpcSocket"]): SocketRights {
  if (group === "") return { mode };
  const gid = /^\d+$/.test(group) ? Number(group) : new Accounts(systemClock).numbers().gid(group);
  if (gid === undefined) {
    throw new UsageError(
      `--grpc-socket-group: /etc/group has no group "${group}"; give its number`,
    );
  }
  return { mode, gid };
}

/** Who reads metrics, where the rules that are in force have that asked. */
function metricsAccess(auth: Auth): () => Access | undefined {
  const access = accessByRules(() => auth.rules);
  return () => auth.rules.metrics === "view" ? access : undefined;
}

/** Serves metrics, if they are asked for. Throws a sentence when that cannot be. */
export function startMetricsServer(
  { settings, auth, tls, clock, log, metrics, supervisor, budgets }: Base,
  parts: AsyncDisposableStack,
): void {
  const { metricsAddress, metricsTls } = settings;
  if (!metricsAddress) return;
  const server = serveMetrics({
    address: metricsAddress,
    tls: metricsTls ? tls : undefined,
    gate: auth && readGate(metricsAccess(auth), clock),
    metrics,
    connections: metrics.connectionObserver("metrics"),
    budgets,
    supervisor,
    clock,
    log,
  });
  parts.defer(() => server.close());
  log.info("metrics-listening", { addr: server.address });
}
