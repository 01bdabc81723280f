import type { CheckerView } from "../checker/mod.ts";
import type { Logger } from "../log/mod.ts";
import type { Clock, Timer } from "../time/mod.ts";

/** Changes that come together, as when a site goes down, are looked at once. */
const settleMs = 50;

/**
 * Logs `frontend-failover` whenever the traffic of a frontend that is up moves to another pool.
 * That changes no state, so no other record tells it. Call the result to stop.
 */
export function logFailovers(checker: CheckerView, clock: Clock, log: Logger): () => void {
  /** The pool that carries traffic, for frontends that are up. */
  const pools = new Map<string, string>();
  const dirty = new Set<string>();
  let timer: Timer | undefined;

  function look(): void {
    timer = undefined;
    for (const name of dirty) lookAt(name);
    dirty.clear();
  }

  function lookAt(name: string): void {
    const frontend = checker.frontend(name);
    const before = pools.get(name);
    if (frontend?.state !== "up") return void pools.delete(name);
    const { activePool, config } = frontend;
    pools.set(name, activePool);
    if (before === undefined || before === activePool) return;
    const address = config.address.text;
    log.info("frontend-failover", { frontend: name, address, from: before, to: activePool });
  }

  function mark(names: Iterable<string>): void {
    for (const name of names) dirty.add(name);
    timer ??= clock.after(settleMs, look);
  }

  for (const name of checker.frontendNames()) lookAt(name);
  const unsubscribe = checker.subscribe((event) => {
    if (event.kind === "backend") mark(event.frontends);
    if (event.kind === "reload") mark([...checker.frontendNames(), ...pools.keys()]);
  });
  return () => {
    unsubscribe();
    timer?.cancel();
  };
}
