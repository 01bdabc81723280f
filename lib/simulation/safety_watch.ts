import type { CheckerView, FrontendSnapshot } from "../checker/mod.ts";
import { healthyWithoutWeight } from "./healthy_weights.ts";

/** What is looked at of a checker. */
type Seen = Pick<CheckerView, "frontendNames" | "frontend" | "backend">;

/**
 * What of the measures that keep traffic safe is not as it has to be, a line each, worked out from
 * the backends' states alone.
 */
export function unsafe(checker: Seen): string[] {
  const faults = checker.frontendNames().flatMap((name) => {
    const frontend = checker.frontend(name);
    return frontend ? [...failOpenFaults(frontend, checker), ...outFaults(frontend, checker)] : [];
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
