import type { Access } from "../access/mod.ts";
import type { CheckerControl, CheckerView } from "../checker/mod.ts";
import type { EventSink, Journal } from "../events/mod.ts";
import { Maglev } from "../gen/maglev_pb.ts";
import { LimitedLog, type Logger, type LogSource } from "../log/mod.ts";
import type { Supervisor } from "../supervisor/mod.ts";
import { type Clock, systemClock } from "../time/mod.ts";
import type { TlsSource } from "../tls/mod.ts";
import type { VppService } from "../vpp/mod.ts";
import type { Audit } from "./audit.ts";
import { openCallSlots } from "./call_slots.ts";
import { callBudgets, connectionShares, ownCallBudgets } from "./limits.ts";
import type { Budget, Budgets } from "./budget.ts";
import { HealthService } from "./health.ts";
import type { BrowserRules } from "./browsers.ts";
import { Intake } from "./intake.ts";
import { type Rpc, rpcServices } from "./rpc.ts";
import { Outbox } from "./outbox.ts";
import { servePort, shuttingDown } from "./port.ts";
import type { Counting, PortLimits, PortOptions, RpcPort } from "./port.ts";
import { reflectionRpcs } from "./reflection.ts";
import { maglevRpcs } from "./service.ts";
import type { EventArchive } from "./list_events.ts";
import type {
  ConfigService,
  ConnectionObserver,
  DaemonStatus,
  Memory,
  RpcObserver,
} from "./types.ts";
import type { SocketRights } from "./unix_socket.ts";
import { EventHub } from "./watch/hub.ts";
import type { QueueLimits } from "./watch/queue.ts";

/** What the API needs of the daemon, and how it is to be served. */
export interface RpcServerOptions {
  /**
   * `host:port`, `[ipv6]:port`, `:port` for all interfaces, `unix:/path`, or several with commas
   * between; port 0 picks a free one.
   */
  readonly addr: string;
  /** Who may connect to sockets in the file system; the owner and its group unless given. */
  readonly rights?: SocketRights;
  /** What is shown and steered. */
  readonly checker: CheckerView & CheckerControl;
  /** Keeps what the checker's stream of events has told. */
  readonly journal: Journal;
  /** Where events are that the journal holds no more; absent: nowhere. */
  readonly archive?: EventArchive | undefined;
  /** Keeps what operators say; absent: it is forgotten when the process ends. */
  readonly memory?: Memory | undefined;
  /** Tells of the daemon itself. Never rejects. */
  readonly status: () => Promise<DaemonStatus>;
  /** The same stream, to tell what operators do that the checker does not see. */
  readonly events: EventSink;
  /** Where event streams get log records from. */
  readonly logs: LogSource;
  /** Undefined when VPP integration is off. */
  readonly vpp: VppService | undefined;
  /** The configuration file. */
  readonly config: ConfigService;
  /** Told of every call. */
  readonly observer: RpcObserver;
  /** Told of every connection. */
  readonly connections: ConnectionObserver;
  /** By what names browsers may call this machine; only by addresses and `localhost` without. */
  readonly browsers?: BrowserRules;
  /** Tells who calls; without, this machine may do everything, and all others may read. */
  readonly access?: Access;
  /** Tells of changes and of what is refused. */
  readonly audit: Audit;
  /** Where the budgets of the API are opened. */
  readonly budgets: Budgets;
  /** Keeps the listener going. */
  readonly supervisor: Supervisor;
  /** Where the server itself writes, at a limited rate. */
  readonly log: Logger;
  /** Whether clients may ask for the API's description. On unless false. */
  readonly reflection?: boolean;
  /** What addresses on a network are secured with; without, they speak in the clear. */
  readonly tls?: TlsSource | undefined;
  /** What differs from the defaults. */
  readonly limits?: PortLimits;
  /** How far a watcher of events may fall behind. */
  readonly watchLimits?: QueueLimits;
  /** The system's unless given. */
  readonly clock?: Clock;
  /** Names the stream of events of this run; random unless given. */
  readonly streamId?: string;
}

/** The API being served. */
export interface RpcServer {
  /** The first address that is listened on: `127.0.0.1:9090`. */
  readonly address: string;
  /** All of them. */
  readonly addresses: readonly string[];
  /** The port of the first that is on a network; 0 when there is none. */
  readonly port: number;
  /** Ends streams of those who may not have them by the rules that are in force now. */
  reviewStreams(): void;
  /**
   * Ends streams with UNAVAILABLE, lets other calls end within the drain limit, and closes.
   * Never rejects; calling it again waits as well.
   */
  shutdown(): Promise<void>;
}

/**
 * A burst of ten thousand backends that change at once, each with its log record, fits into
 * the count; the bytes bound what a stopped reader can hold while others read on.
 */
export const defaultWatchLimits: QueueLimits = { count: 32_768, bytes: 8 * 1024 * 1024 };

/** Starts serving the API. Throws a sentence when the port cannot be had. */
export function startRpcServer(options: RpcServerOptions): RpcServer {
  const { checker, journal, logs, clock = systemClock, reflection = true } = options;
  const { watchLimits: limits = defaultWatchLimits, streamId = crypto.randomUUID() } = options;
  const budgets = openBudgets(options.budgets);
  const ownBudgets = openOwnBudgets(options.budgets);
  const hub = new EventHub({
    ...{ checker, journal, logs, limits, budgets, ownBudgets, clock, streamId },
  });
  const health = new HealthService(["", Maglev.typeName]);
  const rpcs = [
    ...maglevRpcs({ ...options, hub, clock, calls: openCallSlots(options.budgets) }),
    ...health.rpcs(),
    ...reflection ? reflectionRpcs(rpcServices(reflection)) : [],
  ];
  const log = new LimitedLog(options.log, clock);
  const port = serveOr(() => hub.close(shuttingDown), rpcs, {
    ...options,
    counting: countingOf(budgets),
    ownCounting: countingOf(ownBudgets),
    clock,
    log,
  });
  const end = async () => {
    health.stopServing();
    // One turn, so that health watchers hear it before their streams end.
    await new Promise<void>((resolve) => clock.after(0, resolve));
    hub.close(shuttingDown);
    await port.shutdown();
    log[Symbol.dispose]();
  };
  let ended: Promise<void> | undefined;
  const [address = ""] = port.addresses;
  return {
    address,
    addresses: port.addresses,
    port: port.port,
    reviewStreams: () => port.reviewStreams(),
    shutdown: () => ended ??= end(),
  };
}

function openBudgets(budgets: Budgets) {
  return {
    requests: budgets.open(callBudgets.requests),
    answers: budgets.open(callBudgets.answers),
    watchers: budgets.open(callBudgets.watchers),
    debugWatchers: budgets.open(callBudgets.debugWatchers),
    backlog: budgets.open(callBudgets.backlog),
  };
}

function openOwnBudgets(budgets: Budgets) {
  return {
    requests: budgets.open(ownCallBudgets.requests),
    answers: budgets.open(ownCallBudgets.answers),
    watchers: budgets.open(ownCallBudgets.watchers),
    debugWatchers: budgets.open(ownCallBudgets.debugWatchers),
    backlog: budgets.open(ownCallBudgets.backlog),
  };
}

function countingOf({ requests, answers }: Record<"requests" | "answers", Budget>): Counting {
  return {
    intake: new Intake(requests, connectionShares.requests),
    outbox: new Outbox(answers, connectionShares.answers),
  };
}

/** Opens the port, or cleans up if that fails. */
function serveOr(cleanUp: () => void, rpcs: readonly Rpc[], options: PortOptions): RpcPort {
  try {
    return servePort(rpcs, options);
  } catch (error) {
    cleanUp();
    throw error;
  }
}
