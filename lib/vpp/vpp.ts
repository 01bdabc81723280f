import type { CheckerView, DesiredSource } from "../checker/mod.ts";
import { type EventSink, OperatorError } from "../events/mod.ts";
import { reasonOf } from "../log/mod.ts";
import type { Supervisor } from "../supervisor/mod.ts";
import { abortable } from "../time/mod.ts";
import type { ConnectionOptions } from "./link/connection.ts";
import { type Connected, Link } from "./link/link.ts";
import { reconcile } from "./reconciler.ts";
import type {
  LbCounters,
  LbState,
  VppAway,
  VppInfo,
  VppPlan,
  VppService,
  VppStep,
  VppWarmup,
} from "./service.ts";
import { type FlushMemory, Ledger } from "./state/ledger.ts";
import { Pending } from "./sync/pending.ts";
import { summaryOf } from "./sync/step_tracker.ts";
import { Warmup } from "./warmup.ts";

/** What the VPP side of maglevd is made of. */
export interface VppOptions extends ConnectionOptions {
  /** What is desired, and when that changes. */
  readonly checker: CheckerView;
  /** What is known of flushes beyond the life of the process; nothing when absent. */
  readonly flushes?: FlushMemory | undefined;
  /** Is told what becomes of VPP. */
  readonly events: EventSink;
  /** Keeps the connection going. */
  readonly supervisor: Supervisor;
}

/** The VPP side of maglevd. */
export class Vpp implements VppService {
  readonly #ledger: Ledger;
  readonly #pending = new Pending();
  readonly #warmup: Warmup;
  #link: Link | undefined;
  #unsubscribe: (() => void) | undefined;

  /** Nothing happens until {@link start}. */
  constructor(private readonly options: VppOptions) {
    const { checker, log, clock } = options;
    this.#ledger = new Ledger(options.flushes);
    this.#warmup = new Warmup({ checker, clock, log, release: (what) => this.#add(what) });
  }

  /** Connects, and keeps VPP in line from now on. Once. */
  start(): void {
    const { checker, log } = this.options;
    this.#warmup.start();
    this.#unsubscribe = reconcile({
      checker,
      log,
      ledger: this.#ledger,
      changed: (frontends, by) => this.#changed(frontends, by),
      reloaded: () => this.#reloaded(),
    });
    log.info("vpp-reconciler-start");
    this.#link = new Link({
      ...this.options,
      pending: this.#pending,
      ledger: this.#ledger,
      mayTouch: (frontend) => this.#warmup.mayTouch(frontend),
      askForAll: () => this.#add(this.#warmup.released),
    });
  }

  /** Disconnects and waits until nothing runs any more. VPP keeps forwarding with what it has. */
  async close(): Promise<void> {
    if (!this.#link) return;
    this.#unsubscribe?.();
    this.#warmup[Symbol.dispose]();
    await this.#link.close();
    this.options.log.info("vpp-reconciler-stop");
    this.#link = undefined;
  }

  info(): VppInfo | undefined {
    return this.#link?.connected?.info();
  }

  step(): VppStep | undefined {
    return this.#link?.connected?.step();
  }

  away(): VppAway | undefined {
    return this.#link?.away;
  }

  warmup(): VppWarmup {
    return this.#warmup.progress;
  }

  complaint(): string | undefined {
    return this.#link?.complaint();
  }

  counters(): LbCounters | undefined {
    return this.#link?.connected?.counters();
  }

  async state(signal?: AbortSignal): Promise<LbState> {
    return await this.#asking(({ reads }) => reads.state(), signal);
  }

  async plan(frontend?: string, signal?: AbortSignal): Promise<VppPlan> {
    if (frontend !== undefined) this.#mustExist(frontend);
    return await this.#asking(({ reads }) => reads.plan(this.options.checker, frontend), signal);
  }

  async foresee(desired: DesiredSource, signal?: AbortSignal): Promise<VppPlan> {
    return await this.#asking(({ reads }) => reads.foresee(desired), signal);
  }

  async sync(frontend?: string, signal?: AbortSignal): Promise<void> {
    if (frontend !== undefined) this.#mustExist(frontend);
    const { differs } = await this.#asking(() => {
      if (!this.#warmup.isOver) {
        throw new OperatorError(
          "failed-precondition",
          "the warm-up is not over: VPP is synced by itself as backends become known",
        );
      }
      return this.#pending.ask(frontend);
    }, signal);
    if (differs.length > 0) {
      throw new OperatorError("unavailable", `VPP is not in step: ${summaryOf(differs)}`);
    }
  }

  #changed(frontends: readonly string[], by: "probe" | "other"): void {
    const touchable = frontends.filter((name) => this.#warmup.mayTouch(name));
    // Those that may be touched from now on are all but new: no probe makes them urgent.
    this.#warmup.changed(frontends);
    for (const frontend of touchable) this.#pending.addChanged(frontend, by);
  }

  #reloaded(): void {
    const { checker } = this.options;
    this.#pending.keepFrontends((name) => checker.frontend(name) !== undefined);
    this.#pending.addConf();
    if (this.#warmup.isOver) this.#add("all");
    else this.#changed(checker.frontendNames(), "other");
  }

  #add(what: "all" | readonly string[]): void {
    if (what === "all") this.#pending.addAll();
    else for (const frontend of what) this.#pending.addChanged(frontend, "other");
  }

  #mustExist(frontend: string): void {
    if (this.options.checker.frontend(frontend)) return;
    throw new OperatorError("not-found", `there is no frontend ${frontend}`);
  }

  /** Runs `ask` with the present connection; its failures become OperatorErrors. */
  async #asking<T>(
    ask: (connected: Connected) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const connected = this.#link?.connected;
    if (!connected) throw new OperatorError("unavailable", "VPP is not connected");
    try {
      return await abortable(ask(connected), signal);
    } catch (error) {
      if (error instanceof OperatorError) throw error;
      throw new OperatorError("unavailable", `VPP did not answer: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }
}
