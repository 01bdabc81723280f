/**
 * Schedules probes, keeps the states of backends and frontends, and tells who wants to know.
 * What it does is in docs/healthchecks.md.
 *
 * @example A frontend is up while one of its backends is
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { parseConfig } from "../config/mod.ts";
 * import { EventStream } from "../events/mod.ts";
 * import { silentLogger } from "../log/mod.ts";
 * import { onThisThread } from "../probing/mod.ts";
 * import { FakeClock } from "../time/mod.ts";
 *
 * const outcome = parseConfig(
 *   `maglev:
 *      healthchecks: { alive: { type: tcp, port: 80, interval: 1s } }
 *      backends: { web1: { address: 198.51.100.7, healthcheck: alive } }
 *      frontends:
 *        web: { address: 192.0.2.1, pools: [{ name: all, backends: { web1: {} } }] }
 *      vpp: { lb: { ipv4-src-address: 203.0.113.1, ipv6-src-address: "2001:db8::1" } }`,
 *   "maglev.yaml",
 * );
 * if (outcome.kind !== "valid") throw new Error("the example is wrong");
 *
 * const [clock, log] = [new FakeClock(), silentLogger];
 * using events = new EventStream(clock, log);
 * const checker = new Checker({
 *   ...{ config: outcome.config, clock, log, events },
 *   probing: onThisThread({
 *     ...{ clock, log, random: () => 0.5, fatal: () => {} },
 *     startProbe: (_target, done) => {
 *       const ok = clock.now() < 30_000;
 *       done({ ok, code: ok ? "L4OK" : "L4CON", detail: "", durationMs: 1 });
 *       return () => {};
 *     },
 *   }),
 * });
 * const states = [checker.frontend("web")?.state];
 * for (const ms of [20_000, 40_000]) {
 *   await clock.advanceAsync(ms);
 *   states.push(checker.frontend("web")?.state);
 * }
 * deepEqual(states, ["unknown", "up", "down"]);
 * checker.close();
 * ```
 *
 * @module
 */

export { isFlip } from "./backend.ts";
export { Checker, type CheckerOptions, type ReloadOptions } from "./checker.ts";
export type { ServerTraffic, TrafficSource } from "./drains.ts";
export type { FailOpen, SavedFailOpen } from "./fail_open.ts";
export type { Restored, SavedBackend, SavedFlaps } from "./saved.ts";
export type {
  BackendOutcome,
  Danger,
  FrontendOutcome,
  FrontendStanding,
  Outcome,
  WeightOutcome,
} from "./outcome.ts";
export * from "./types.ts";
