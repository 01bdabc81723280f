import type { CheckerView } from "../../checker/mod.ts";
import type { Logger } from "../../log/mod.ts";
import type { Clock, Timer } from "../../time/mod.ts";
import type { VppWarmup } from "../service.ts";

/**
 * The time after the start of maglevd in which backends become known, so that nothing is drained
 * or withdrawn before (docs/architecture.md, "Warm-up"). Pure.
 *
 * - `quiet`: no VIP is touched.
 * - `settling`: a frontend is synced as soon as all its backends have left unknown.
 * - `over`: everything is synced as it comes.
 */
export type Warmup =
  | { readonly phase: "quiet" }
  | { readonly phase: "settling"; readonly released: ReadonlySet<string> }
  | { readonly phase: "over" };

/** What moves it on. */
export type WarmupEvent =
  /** startup-min-delay is over; these frontends have no unknown backend. */
  | { readonly kind: "min-delay"; readonly known: readonly string[] }
  /** startup-max-delay is over. */
  | { readonly kind: "max-delay" }
  /** These frontends have changed and have no unknown backend. */
  | { readonly kind: "changed"; readonly known: readonly string[] };

/** The next state, and what is to be synced because of the event. */
export interface WarmupStep {
  readonly state: Warmup;
  readonly sync: "all" | readonly string[];
}

/** How it begins. Both delays 0: there is none. */
export function warmupStart(minDelayMs: number, maxDelayMs: number): Warmup {
  if (maxDelayMs === 0) return { phase: "over" };
  return minDelayMs === 0 ? { phase: "settling", released: new Set() } : { phase: "quiet" };
}

/**
 * One step. A frontend once released stays so, whatever its backends do later: an operator's
 * resume makes one unknown again, and that is a change like any other.
 */
export function warmupStep(state: Warmup, event: WarmupEvent): WarmupStep {
  if (state.phase === "over") return { state, sync: [] };
  if (event.kind === "max-delay") return { state: { phase: "over" }, sync: "all" };
  if (event.kind === "changed" && state.phase === "quiet") return { state, sync: [] };
  const before = state.phase === "settling" ? state.released : new Set<string>();
  const fresh = event.known.filter((name) => !before.has(name));
  if (fresh.length === 0 && state.phase === "settling") return { state, sync: [] };
  return { state: { phase: "settling", released: new Set([...before, ...fresh]) }, sync: fresh };
}

/** Whether the VIP of this frontend may be touched. */
export function mayTouch(state: Warmup, frontend: string): boolean {
  if (state.phase === "settling") return state.released.has(frontend);
  return state.phase === "over";
}

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
