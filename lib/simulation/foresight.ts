import type { Checker, Operation } from "../checker/mod.ts";

/**
 * Has operations done, and tells how what comes of them differs from what was foreseen, a line each.
 * Throws what `operate` throws.
 */
export function operateAsForeseen(checker: Checker, operations: readonly Operation[]): string[] {
  const before = standings(checker);
  const { frontends } = checker.foresee(operations);
  checker.operate(operations);
  const foreseen = new Map(
    frontends.map(({ frontend, after }) => [
      frontend,
      after && told(after.state, after.activePool, after.weight),
    ]),
  );
  return Array.from(standings(checker), ([name, is]) => {
    const expected = foreseen.get(name) ?? before.get(name);
    return is === expected ? [] : [`${name} is ${is}, but was foreseen as ${expected}`];
  }).flat();
}

/**
 * State, active pool and sum of the effective weights of each frontend, those aside of which VPP
 * alone knows a weight.
 */
function standings(checker: Checker): Map<string, string> {
  return new Map(
    checker.frontendNames().flatMap((name): [string, string][] => {
      const frontend = checker.frontend(name);
      if (!frontend) return [];
      let sum = 0;
      for (const { weight } of frontend.weights) {
        if (weight === "kept") return [];
        sum += weight;
      }
      return [[name, told(frontend.state, frontend.activePool, sum)]];
    }),
  );
}

function told(state: string, pool: string, weight: number): string {
  return `${state} on ${pool} with ${weight}`;
}
