import type { CheckerView } from "../../checker/mod.ts";
import type { Logger } from "../../log/mod.ts";
import type { Clock, Timer } from "../../time/mod.ts";
import type { VppWarmup } from "../service.ts";
import { mayTouch, type Warmup, type WarmupEvent, warmupStart, warmupStep } from "./warmup.ts";

/** What the warm-up works with. */
export interface WarmupContext {
  readonly checker: CheckerView;
  readonly clock: Clock;
  readonly log: Logger;
  /** These frontends, or everything, may be synced from now on. */
  readonly release: (what: "all" | readonly string[]) => void;
}

/** The warm-up of this process, driven by the clock and by backends that become known. */
export class WarmupTimer implements Disposable {
  readonly #timers: Timer[] = [];
  /** When the phases end, by the clock. */
  #ends = { quiet: 0, settling: 0 };
  #state: Warmup;

  /** It has not begun. */
  constructor(private readonly context: WarmupContext) {
    const { startupMinDelayMs: min, startupMaxDelayMs: max } = context.checker.config.lb;
    this.#state = warmupStart(min, max);
  }

  /** Begins now, by the delays configured now: a reload does not restart it. Once. */
  start(): void {
    if (this.isOver) return;
    const { clock, checker } = this.context;
    const { startupMinDelayMs: min, startupMaxDelayMs: max } = checker.config.lb;
    const now = clock.now();
    this.#ends = { quiet: now + min, settling: now + max };
    this.#timers.push(
      clock.after(min, () => this.#minDelay()),
      clock.after(max, () => this.#step({ kind: "max-delay" })),
    );
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) timer.cancel();
  }

  /** How far it is. */
  get progress(): VppWarmup {
    const { phase } = this.#state;
    if (phase === "over") return { phase };
    const { clock } = this.context;
    return { phase, until: clock.wall() + Math.max(0, this.#ends[phase] - clock.now()) };
  }

  get isOver(): boolean {
    return this.#state.phase === "over";
  }

  /** Whether the VIP of this frontend may be touched. */
  mayTouch(frontend: string): boolean {
    return mayTouch(this.#state, frontend);
  }

  /** What may be synced now. */
  get released(): "all" | readonly string[] {
    if (this.#state.phase === "over") return "all";
    return this.#state.phase === "settling" ? [...this.#state.released].sort() : [];
  }

  /** Something happened to the backends of these frontends. */
  changed(frontends: readonly string[]): void {
    if (this.isOver) return;
    this.#step({ kind: "changed", known: frontends.filter((name) => this.#isKnown(name)) });
  }

  #minDelay(): void {
    const names = this.context.checker.frontendNames();
    this.#step({ kind: "min-delay", known: names.filter((name) => this.#isKnown(name)) });
  }

  #step(event: WarmupEvent): void {
    const before = this.#state.phase;
    const { state, sync } = warmupStep(this.#state, event);
    this.#state = state;
    if (state.phase !== before) this.context.log.info("vpp-warmup", { phase: state.phase });
    this.context.release(sync);
  }

  /** Whether all backends of a frontend have left unknown. */
  #isKnown(frontend: string): boolean {
    const { checker } = this.context;
    const pools = checker.frontend(frontend)?.config.pools;
    if (!pools) return false;
    return pools.every(({ backends }) =>
      backends.every(({ backend }) => checker.backend(backend)?.state !== "unknown")
    );
  }
}
