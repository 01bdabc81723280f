import type { CheckerView, FrontendSnapshot } from "../checker/mod.ts";

/** What is looked at of a checker. */
type Seen = Pick<CheckerView, "frontendNames" | "frontend" | "backend">;

/**
 * What of the measures that keep traffic safe is not as it has to be, a line each, worked out from
 * the backends' states alone.
 */
export function unsafe(checker: Seen): string[] {
  const faults = checker.frontendNames().flatMap((name) => {
    const frontend = checker.frontend(name);
    const judges = [failOpenFaults, outFaults, slowStartFaults];
    return frontend ? judges.flatMap((judge) => judge(frontend, checker)) : [];
  });
  return [...healthyWithoutWeight(checker), ...faults];
}

/** It lasts while too few are up; it does not begin while those that are unknown may be. */
function failOpenFaults(frontend: FrontendSnapshot, checker: Seen): string[] {
  const { config: { name, failOpen, pools }, weights, failOpenSince } = frontend;
  const standing = pools.flatMap(({ backends }) => backends)
    .map(({ backend }) => checker.backend(backend))
    .filter((backend) => backend?.drain === undefined).map((backend) => backend?.state ?? "");
  const [up, down, unknown] = ["up", "down", "unknown"].map((state) =>
    standing.filter((each) => each === state).length
  ) as [number, number, number];
  const isMissedBy = (count: number) => {
    if (failOpen === "never") return false;
    const least = failOpen === "all-down" ? 1 : failOpen * (up + down + unknown) / 100;
    return up + down + unknown > 0 && count < least;
  };
  const counts = `${up} up, ${down} down, ${unknown} unknown`;
  if (failOpenSince === undefined) {
    return isMissedBy(up + unknown) ? [`${name} does not fail open with ${counts}`] : [];
  }
  if (!isMissedBy(up)) return [`${name} fails open with ${counts}`];
  const flushed = weights.filter(({ backend, flush }) => {
    const { state, drain } = checker.backend(backend) ?? {};
    return flush && drain === undefined && state === "down";
  });
  return flushed.map(({ backend }) => `${name} fails open and flushes ${backend}`);
}

/** Who was taken out of service on purpose has nothing. */
function outFaults({ config: { name }, weights }: FrontendSnapshot, checker: Seen): string[] {
  return weights.flatMap(({ backend, weight }) => {
    const { state, drain } = checker.backend(backend) ?? {};
    const isOut = state === "paused" || state === "disabled" || drain !== undefined;
    return isOut && weight !== 0 ? [`${backend} is out of service, but not in ${name}`] : [];
  });
}

/** Who starts slowly has some of its weight, and somebody else carries the rest of the traffic. */
function slowStartFaults(
  { config: { name, pools }, weights, slowStarts, failOpenSince }: FrontendSnapshot,
  checker: Seen,
): string[] {
  return Array.from(slowStarts, ([backend, percent]) => {
    const pool = pools.find(({ backends }) => backends.some((each) => each.backend === backend));
    const told = new Map(weights.map((each) => [each.backend, each]));
    const others = pools.flatMap((other) => other.backends.map((each) => ({ other, each })))
      .filter(({ other, each }) => {
        const { state, drain } = checker.backend(each.backend) ?? {};
        // Who is held may carry beside any pool.
        const isHeld = state === "down" && failOpenSince !== undefined;
        const isThere = isHeld || (state === "up" && other === pool);
        return isThere && drain === undefined && each.weight > 0 && !slowStarts.has(each.backend);
      });
    const whole = pool?.backends.find((each) => each.backend === backend)?.weight ?? 0;
    const { weight, reason } = told.get(backend) ?? {};
    const isPart = reason?.kind !== "slow-start" ||
      weight === Math.max(1, Math.round((whole * percent) / 100));
    return [
      ...others.length > 0 ? [] : [`${backend} starts slowly in ${name}, but nobody else carries`],
      ...isPart ? [] : [`${backend} has ${weight} of ${whole} in ${name}, but ${percent}%`],
    ];
  }).flat();
}

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
