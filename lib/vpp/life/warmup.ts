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
