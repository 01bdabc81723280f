import type { CheckerView } from "../checker/mod.ts";

/** What is looked at of a checker. */
type Seen = Pick<CheckerView, "frontendNames" | "frontend" | "backend">;

/**
 * Backends that are up, in service and weighed, in the pool that carries the traffic, and are to get
 * nothing all the same, a line each: no measure of safety may ever lead there. Worked out from the
 * backends' own states, and not from the reasons that weights are told with.
 */
export function healthyWithoutWeight(checker: Seen): string[] {
  return checker.frontendNames().flatMap((name) => {
    const frontend = checker.frontend(name);
    if (!frontend) return [];
    const { config: { pools }, weights } = frontend;
    const serving = pools.map((pool) =>
      pool.backends.filter(({ backend, weight }) => weight > 0 && isServing(checker, backend))
    );
    const [carrying = []] = serving.filter(({ length }) => length > 0);
    const told = new Map(weights.map(({ backend, weight }) => [backend, weight]));
    return carrying.filter(({ backend }) => told.get(backend) === 0)
      .map(({ backend }) => `${backend} is up and in service, but has weight 0 in ${name}`);
  });
}

/**
 * Backends that are held down because they flap though their probes pass, and are needed, a line
 * each: somewhere they have a weight and nobody else is up or may be, or those that are down are fed.
 */
export function heldThoughNeeded(checker: Seen): string[] {
  return checker.frontendNames().flatMap((name) => {
    const { config: { pools }, failOpenSince } = checker.frontend(name) ??
      { config: { pools: [] } };
    const weighed = pools.flatMap(({ backends }) => backends).filter(({ weight }) => weight > 0);
    const isServed = weighed.some(({ backend }) => isServing(checker, backend));
    const isAwaited = pools.some(({ backends }) =>
      backends.some(({ backend }) => checker.backend(backend)?.state === "unknown")
    );
    if ((isServed || isAwaited) && failOpenSince === undefined) return [];
    return weighed.filter(({ backend }) => isHeldWell(checker, backend))
      .map(({ backend }) => `${backend} is held though it passes and ${name} needs it`);
  });
}

function isHeldWell(checker: Seen, name: string): boolean {
  const { state, drain, flapHold } = checker.backend(name) ?? {};
  return state === "down" && drain === undefined && flapHold?.isPassing === true;
}

function isServing(checker: Seen, name: string): boolean {
  const { state, drain } = checker.backend(name) ?? {};
  return state === "up" && drain === undefined;
}
