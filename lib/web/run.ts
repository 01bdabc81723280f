import { Auth, authProblems, fileDangers, openFileWorker } from "../access/mod.ts";
import { CommandFailure, resolveServers, type Server } from "../cli/mod.ts";
import { type Environment, UsageError } from "../flags/mod.ts";
import {
  complain,
  createLogger,
  goesToJournal,
  LimitedLog,
  type Logger,
  type LogRate,
  reasonOf,
} from "../log/mod.ts";
import {
  bodyless,
  Budgets,
  formatListenAddress,
  isLocalPeer,
  type ListenAddress,
  machineNames,
  openHttpPort,
} from "../port/mod.ts";
import { refuseDebugger } from "../net/mod.ts";
import { ServiceManager } from "../service/mod.ts";
import { Supervisor } from "../supervisor/mod.ts";
import { systemClock } from "../time/mod.ts";
import { PemError, TlsFiles } from "../tls/mod.ts";
import { formatVersion, version } from "../version/mod.ts";
import { type Assets, loadAssets } from "./assets.ts";
import { Broadcast } from "./broadcast.ts";
import { usage } from "./flags.ts";
import { Maglevd } from "./maglevd.ts";
import { PageServer } from "./server.ts";
import { readRequest, type Settings } from "./settings.ts";

/** How long a log reader that has stopped may hold up the end, in milliseconds. */
const flushLimitMs = 1000;

/** Runs maglevd-frontend with these arguments until it is told to stop. Resolves to the exit code. */
export async function runFrontend(args: readonly string[]): Promise<number> {
  try {
    const request = readRequest(args, Deno.env);
    if (request.kind === "help") console.log(usage());
    else if (request.kind === "version") console.log(formatVersion("maglevd-frontend"));
    else if (request.kind === "check") await check(request.settings);
    else return await serve(request.settings);
    return 0;
  } catch (error) {
    const isUsage = [UsageError, CommandFailure, PemError].some((kind) => error instanceof kind);
    complain(`maglevd-frontend: ${reasonOf(error)}`);
    return isUsage ? 2 : 1;
  }
}

/** `--check`: all of a start but its port, which one that runs may have. Throws what a start throws. */
async function check(settings: Settings): Promise<void> {
  refuseDebugger();
  const toJournal = goesToJournal(1, Deno.env);
  const log = createLogger({ level: "warn", sink: Deno.stdout, clock: systemClock, toJournal });
  const free = { hostname: "127.0.0.1", port: 0 };
  {
    await using _ = await startFrontend(settings, log, await loadAssets(), () => {}, free);
  }
  await log.flush(flushLimitMs);
}

async function serve(settings: Settings): Promise<number> {
  const log = createLogger({
    level: settings.logLevel,
    sink: Deno.stdout,
    clock: systemClock,
    toJournal: goesToJournal(1, Deno.env),
  });
  const told = Promise.withResolvers<Deno.Signal>();
  const stop = (signal: Deno.Signal) => () => told.resolve(signal);
  for (const signal of ["SIGTERM", "SIGINT"] as const) Deno.addSignalListener(signal, stop(signal));
  // Before anything else, so that a service manager that is early does not end this.
  let reload = () => Promise.resolve();
  Deno.addSignalListener("SIGHUP", () => void reload());
  refuseDebugger();
  log.info("starting", { ...version });
  const { env: environment, pid } = Deno;
  using manager = new ServiceManager({ environment, pid, clock: systemClock, log });
  const tell = (status: string) => manager.status(status);
  {
    await using frontend = await startFrontend(settings, log, await loadAssets(), tell);
    reload = () => frontend.reload();
    log.info("web-listening", { addr: frontend.address });
    manager.ready(frontend.status);
    const why = await told.promise;
    log.info("stopping", { why });
    manager.stopping(`ended: ${why}`);
  }
  await log.flush(flushLimitMs);
  return 0;
}

/** A running frontend. */
export interface Frontend extends AsyncDisposable {
  /** `host:port` as listened on. */
  readonly address: string;
  /** How it is, in a line. */
  readonly status: string;
  /**
   * Reads files anew that may have changed: what maglevds and browsers are shown, and who may do what.
   * What is wrong with one leaves that as it was. Never rejects.
   */
  reload(): Promise<void>;
}

/** Starts everything. Throws a sentence when it cannot. */
export async function startFrontend(
  settings: Settings,
  log: Logger,
  assets: Assets,
  /** Told how it is, in a line, whenever that is otherwise. */
  tell: (status: string) => void = () => {},
  /** Where it really listens: who only looks whether a start would do takes no port from anybody. */
  listen: ListenAddress = settings.listen,
): Promise<Frontend> {
  const clock = systemClock;
  const servers = await serversIn(settings.servers, Deno.env);
  const hosts = await Deno.readTextFile("/etc/hosts").catch(() => "");
  await using parts = new AsyncDisposableStack();
  const limited = parts.use(new LimitedLog(log, clock, rateOf));
  const { certificate: paths, credentials } = settings;
  const tls = paths && parts.use(await TlsFiles.open({ paths, clock, log: limited }));
  const auth = await openAuth(settings, limited, parts);
  warnOfDangers(settings, auth, log);
  const broadcast = new Broadcast({
    clock,
    servers: servers.map(({ name }) => name),
    epoch: crypto.randomUUID().slice(0, 8),
    version: version.version,
    hasLogin: credentials !== undefined || auth !== undefined,
    linked: () => tell(statusOf(broadcast)),
  });
  parts.defer(() => broadcast.close());
  const maglevds = new Map<string, Maglevd>();
  for (const server of servers) {
    const { tokenFile, tls } = settings;
    const shown = { ...server, ...tls, ...tokenFile !== "" && { tokenFile } };
    const each = await Maglevd.open(shown, { broadcast, clock, log: limited });
    maglevds.set(server.name, parts.use(each));
  }
  const budgets = parts.use(new Budgets(limited, clock));
  const page = new PageServer({
    ...{ broadcast, maglevds, assets, credentials, clock, log: limited },
    rules: auth && (() => auth.rules),
    budgets,
    hostNames: machineNames(Deno.hostname(), hosts).union(new Set(settings.hostNames)),
  });
  // Whom an authority vouched for that is trusted no more.
  tls?.follow(() => page.review());
  const port = openHttpPort({
    name: "web",
    addresses: [listen],
    tls,
    handlers: { http1: page.handle, http2: page.handle },
    limits: {
      ...{ drainMs: 1000, connections: { perPrefix: 512 }, requests: { perPrefix: 1024 } },
      h2: bodyless,
    },
    observer: uncounted,
    budgets,
    clock,
    log: limited,
    supervisor: new Supervisor({
      clock,
      log,
      fatal: (error) => log.error("fatal", { err: String(error) }),
    }),
  });
  parts.defer(async () => {
    page.close();
    await port.close();
  });
  const all = parts.move();
  return {
    address: port.address,
    get status() {
      return statusOf(broadcast);
    },
    async reload() {
      const renewals = Array.from(maglevds.values(), (each) => each.renew());
      await Promise.all([...renewals, tls?.reload(), auth?.reload()]);
      if (auth) page.review();
      log.info("reloaded");
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/**
 * The maglevds of a list as maglevc takes it; besides, `https://rtr1:9090` is one that is asked over
 * TLS whatever the others are. Throws CommandFailure when something is wrong with the list.
 */
async function serversIn(
  list: string,
  environment: Environment,
): Promise<readonly Server[]> {
  const secured = new Set<string>();
  const bare = list.split(",").map((each) => {
    const word = each.trim();
    const [, address] = /^https:\/\/([^/]+)\/?$/.exec(word) ?? [];
    if (address !== undefined) secured.add(address);
    return address ?? word;
  });
  const servers = await resolveServers(bare.join(","), environment);
  return servers.map((server) => secured.has(server.name) ? { ...server, tls: true } : server);
}

/**
 * What was done is told each time, by whoever may do it; of each maglevd what became of it; of all
 * else, which anybody can bring about, the first few a minute.
 */
function rateOf(msg: string): LogRate | undefined {
  if (msg === "action") return undefined;
  const isOfMaglevd = msg.startsWith("maglevd-") || msg.startsWith("credentials-");
  const by: LogRate["by"] = ({ server }) => isOfMaglevd ? String(server) : undefined;
  return { burst: 5, windowMs: 60_000, by };
}

/** The rules of `--auth`; undefined: there is no file. Throws UsageError where it cannot be used. */
async function openAuth(
  { authPath, certificate, credentials }: Settings,
  log: Logger,
  parts: AsyncDisposableStack,
): Promise<Auth | undefined> {
  if (authPath === "") return undefined;
  const worker = parts.use(openFileWorker(systemClock));
  const auth = await Auth.open(authPath, { worker, clock: systemClock, log });
  if ("problems" in auth) throw new UsageError(authProblems(auth));
  const { tokens, certificates } = auth.rules;
  const byCertificate = certificates.size > 0 && certificate !== undefined &&
    certificate.clientCa !== "";
  if (tokens.length > 0 || byCertificate || credentials) return auth;
  throw new UsageError(
    `${authPath} names nobody who could log in here: that takes a token, or a certificate and ` +
      "--tls-client-ca",
  );
}

/** Says what lets others do more than is commonly meant. */
function warnOfDangers(settings: Settings, auth: Auth | undefined, log: Logger): void {
  const { authPath, certificate: tls, credentials, listen } = settings;
  const { hostname = "", port } = listen;
  const unsafe = (addr: string, reason: string) => log.warn("access-unsafe", { addr, reason });
  const isShown = credentials !== undefined || auth !== undefined;
  if (isShown && !tls && hostname !== "localhost" && !isLocalPeer(hostname)) {
    unsafe(
      formatListenAddress(hostname, port),
      "passwords and tokens can be read along on the way: name a --tls-cert, or listen on this " +
        "machine alone, behind a proxy",
    );
  }
  for (const { where, reason } of fileDangers({ authPath, tls })) unsafe(where, reason);
}

/** For `systemctl status`: how many maglevds are heard, and which are not. */
function statusOf(broadcast: Broadcast): string {
  const { servers } = broadcast;
  const unheard = servers.filter((name) => broadcast.state(name)?.link.state !== "connected");
  const heard = `${servers.length - unheard.length} of ${servers.length} maglevds heard`;
  return unheard.length === 0 ? heard : `${heard}; not: ${oneLine(unheard.join(", "))}`;
}

/** A line of no more than two hundred characters, whatever is in a name. */
function oneLine(text: string): string {
  return text.replaceAll(/\p{C}+/gu, " ").slice(0, 200);
}

/** Connections are not told apart: browsers are counted by their streams. */
const uncounted = {
  opened: () => {},
  closed: () => {},
  refused: () => {},
  displaced: () => {},
  failed: () => {},
};
