import type { CheckerView } from "../checker/mod.ts";
import type { Logger } from "../log/mod.ts";
import type { Clock, Timer } from "../time/mod.ts";
import type { VppWarmup } from "./service.ts";

/** What the warm-up works with. */
export interface WarmupContext {
  readonly checker: CheckerView;
  readonly clock: Clock;
  readonly log: Logger;
  /** These frontends, or everything, may be synced from now on. */
  readonly release: (what: "all" | readonly string[]) => void;
}

/**
 * The time after the start of maglevd in which backends become known, so that nothing is drained
 * or withdrawn before (docs/architecture.md, "Warm-up").
 *
 * - `quiet`: no VIP is touched.
 * - `settling`: a frontend is synced as soon as all its backends have left unknown.
 * - `over`: everything is synced as it comes.
 *
 * A frontend once released stays so, whatever its backends do later: an operator's resume makes one
 * unknown again, and that is a change like any other.
 */
export class Warmup implements Disposable {
  readonly #timers: Timer[] = [];
  /** When the phases end, by the clock. */
  #ends = { quiet: 0, settling: 0 };
  #phase: VppWarmup["phase"];
  readonly #released = new Set<string>();

  /** It has not begun; with both delays 0 it is over. */
  constructor(private readonly context: WarmupContext) {
    const { startupMinDelayMs: min, startupMaxDelayMs: max } = context.checker.config.lb;
    this.#phase = max === 0 ? "over" : min === 0 ? "settling" : "quiet";
  }

  /** Begins now, by the delays configured now: a reload does not restart it. Once. */
  start(): void {
    if (this.isOver) return;
    const { clock, checker } = this.context;
    const { startupMinDelayMs: min, startupMaxDelayMs: max } = checker.config.lb;
    const now = clock.now();
    this.#ends = { quiet: now + min, settling: now + max };
    this.#timers.push(
      clock.after(min, () => this.#settle()),
      clock.after(max, () => this.#end()),
    );
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers) timer.cancel();
  }

  /** How far it is. */
  get progress(): VppWarmup {
    const phase = this.#phase;
    if (phase === "over") return { phase };
    const { clock } = this.context;
    return { phase, until: clock.wall() + Math.max(0, this.#ends[phase] - clock.now()) };
  }

  get isOver(): boolean {
    return this.#phase === "over";
  }

  /** Whether the VIP of this frontend may be touched. */
  mayTouch(frontend: string): boolean {
    return this.isOver || this.#released.has(frontend);
  }

  /** What may be synced now. */
  get released(): "all" | readonly string[] {
    return this.isOver ? "all" : [...this.#released].sort();
  }

  /** Something happened to the backends of these frontends. */
  changed(frontends: readonly string[]): void {
    if (this.#phase !== "settling") return;
    const fresh = frontends.filter((name) => !this.#released.has(name) && this.#isKnown(name));
    for (const name of fresh) this.#released.add(name);
    this.context.release(fresh);
  }

  #settle(): void {
    if (this.#phase === "quiet") this.#enter("settling");
    this.changed(this.context.checker.frontendNames());
  }

  #end(): void {
    this.#enter("over");
    this.context.release("all");
  }

  #enter(phase: VppWarmup["phase"]): void {
    this.#phase = phase;
    this.context.log.info("vpp-warmup", { phase });
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
