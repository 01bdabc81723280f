import type { CheckerView } from "../../checker/mod.ts";
import { type Logger, reasonOf } from "../../log/mod.ts";
import type { Clock } from "../../time/mod.ts";
import { FlushLedger } from "../lb/mod.ts";
import {
  type LbCounters,
  type LbState,
  type PlannedChange,
  VppError,
  type VppInfo,
  type VppObserver,
  type VppService,
} from "../service.ts";
import { Link } from "./link.ts";
import { queryPlan, queryPlanOf, queryState } from "./queries.ts";
import { reconcile } from "./reconciler.ts";
import type { Session } from "./session.ts";
import { WarmupTimer } from "./warmup_timer.ts";

/** What the VPP side of maglevd is made of. */
export interface VppOptions {
  /** The API socket; empty turns VPP off. */
  readonly apiAddr: string;
  /** The stats socket. */
  readonly statsAddr: string;
  /** What is desired, and when that changes. */
  readonly checker: CheckerView;
  /** Takes what happens, and every API message at debug. */
  readonly log: Logger;
  /** Times everything that waits or repeats. */
  readonly clock: Clock;
  /** Counts for the metrics. */
  readonly observer?: VppObserver | undefined;
}

/** The VPP side of maglevd, running or not. */
export interface Vpp extends VppService {
  /** Connects, and keeps VPP in line from now on. Once. */
  start(): void;
  /** Disconnects and waits until nothing runs any more. VPP keeps forwarding with what it has. */
  close(): Promise<void>;
  /** The configuration is another one. The checker's own event does the same; both is fine. */
  configReloaded(): void;
}

/** Makes it; nothing happens until `start`. */
export function createVpp(options: VppOptions): Vpp {
  return options.apiAddr === "" ? new OffVpp() : new LinkedVpp(options);
}

class LinkedVpp implements Vpp {
  readonly #ledger = new FlushLedger();
  #link: Link | undefined;
  #warmup: WarmupTimer | undefined;
  #unsubscribe: (() => void) | undefined;

  constructor(private readonly options: VppOptions) {}

  start(): void {
    const { checker, log, clock } = this.options;
    const release = (what: "all" | readonly string[]) => this.#sync(what);
    this.#warmup = new WarmupTimer({ checker, clock, log, release });
    this.#unsubscribe = reconcile({
      checker,
      log,
      ledger: this.#ledger,
      changed: (frontends) => this.#changed(frontends),
      reloaded: () => this.configReloaded(),
    });
    this.#link = new Link({
      ...this.options,
      ledger: this.#ledger,
      mayTouch: (frontend) => this.#warmup?.mayTouch(frontend) ?? false,
      mayTouchAll: () => this.#warmup?.isOver ?? false,
    }, {
      connected: (_, isSameVpp) => {
        if (!isSameVpp) this.#ledger.clear();
        this.#sync(this.#warmup?.released ?? []);
      },
    });
  }

  async close(): Promise<void> {
    this.#unsubscribe?.();
    this.#warmup?.[Symbol.dispose]();
    await this.#link?.close();
  }

  configReloaded(): void {
    this.#link?.session?.syncer.wantConf();
    const { checker } = this.options;
    if (this.#warmup?.isOver) this.#sync("all");
    else this.#changed(checker.frontendNames());
  }

  info(): VppInfo | undefined {
    return this.#session()?.info;
  }

  counters(): LbCounters | undefined {
    return this.#session() &&
      (this.#session()?.counters ?? { at: 0, vips: [], addresses: [], servers: [] });
  }

  async state(signal?: AbortSignal): Promise<LbState> {
    return await this.#asking((session) => queryState(session, signal));
  }

  async plan(frontend?: string, signal?: AbortSignal): Promise<readonly PlannedChange[]> {
    const { checker } = this.options;
    if (frontend === undefined) {
      return await this.#asking((session) => queryPlan(session, checker, this.#ledger, signal));
    }
    this.#mustExist(frontend);
    const lines = await this.#asking((session) =>
      queryPlanOf(frontend, session, checker, this.#ledger, signal)
    );
    return lines ?? [];
  }

  async sync(frontend?: string, signal?: AbortSignal): Promise<void> {
    if (frontend !== undefined) this.#mustExist(frontend);
    const counts = await this.#asking(async (session) => {
      if (!this.#warmup?.isOver) {
        throw new VppError(
          "failed-precondition",
          "the warm-up is not over: VPP is synced by itself as backends become known",
        );
      }
      return await abortable(session.syncer.sync(frontend), signal);
    });
    if (counts.refused > 0) {
      throw new VppError("unavailable", `VPP refused ${counts.refused} changes, see the log`);
    }
  }

  #session(): Session | undefined {
    const session = this.#link?.session;
    return session?.isOver ? undefined : session;
  }

  #changed(frontends: readonly string[]): void {
    this.#warmup?.changed(frontends);
    this.#sync(frontends.filter((name) => this.#warmup?.mayTouch(name)));
  }

  #sync(what: "all" | readonly string[]): void {
    const syncer = this.#session()?.syncer;
    if (what === "all") syncer?.wantAll();
    else for (const frontend of what) syncer?.wantOne(frontend);
  }

  #mustExist(frontend: string): void {
    if (this.options.checker.frontend(frontend)) return;
    throw new VppError("not-found", `there is no frontend ${frontend}`);
  }

  /** Runs `ask` with the present session; its failures become VppErrors. */
  async #asking<T>(ask: (session: Session) => Promise<T>): Promise<T> {
    const session = this.#session();
    if (!session) throw new VppError("unavailable", "VPP is not connected");
    try {
      return await ask(session);
    } catch (error) {
      if (error instanceof VppError) throw error;
      throw new VppError("unavailable", `VPP did not answer: ${reasonOf(error)}`, { cause: error });
    }
  }
}

/** Rejects with the signal's reason as soon as it is aborted, whatever becomes of `work`. */
function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** No VPP was asked for. */
class OffVpp implements Vpp {
  start(): void {}

  close(): Promise<void> {
    return Promise.resolve();
  }

  configReloaded(): void {}

  info(): undefined {
    return undefined;
  }

  counters(): undefined {
    return undefined;
  }

  state(): Promise<never> {
    return this.#refuse();
  }

  plan(): Promise<never> {
    return this.#refuse();
  }

  sync(): Promise<never> {
    return this.#refuse();
  }

  #refuse(): Promise<never> {
    return Promise.reject(
      new VppError("unavailable", "VPP is turned off (--vpp-api-addr is empty)"),
    );
  }
}
