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

function isServing(checker: Seen, name: string): boolean {
  const { state, drain } = checker.backend(name) ?? {};
  return state === "up" && drain === undefined;
}
