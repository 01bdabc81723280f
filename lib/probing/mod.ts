/**
 * When to probe, and what each result makes of a backend's counter: on a thread of its own, or on
 * this one. What was found out is in memory that both sides see.
 *
 * @example A backend is probed again and again; only what changes is told
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { silentLogger } from "../log/mod.ts";
 * import { FakeClock } from "../time/mod.ts";
 *
 * const clock = new FakeClock();
 * const told: string[] = [];
 * const probing = new Probing<string>({
 *   start: onThisThread({
 *     clock,
 *     log: silentLogger,
 *     random: () => 0.5,
 *     fatal: () => {},
 *     startProbe: (_target, done) => {
 *       const ok = clock.now() < 10_000;
 *       done({ ok, code: ok ? "L4OK" : "L4CON", detail: "", durationMs: 1 });
 *       return () => {};
 *     },
 *   }),
 *   onVerdict: (owner, { state }) => told.push(`${owner} ${state}`),
 *   onLack: () => {},
 *   onPulse: () => {},
 *   onTally: () => {},
 * });
 * const check = {
 *   ...{ name: "alive", type: "tcp", port: 80, rise: 2, fall: 3, timeoutMs: 500 } as const,
 *   ...{ intervalMs: 1_000, fastIntervalMs: 1_000, downIntervalMs: 1_000 },
 * };
 * const address = { family: 4, bytes: new Uint8Array([192, 0, 2, 1]), text: "192.0.2.1" } as const;
 * const job = new ProbeJob("web1", { backend: "web1", address, netns: "", check });
 * probing.aim(job, { state: "unknown", counter: 1 }, 0);
 * clock.advance(20_000);
 * deepEqual(told, ["web1 up", "web1 down"]);
 * probing.close();
 * ```
 *
 * @module
 */

export { type Counts, durationBounds, isPass } from "./board.ts";
export { ProbeThreads, type ThreadOptions } from "./thread_client.ts";
export { ProbeJob, type ProbeTimes } from "./job.ts";
export { PretendedProbing } from "./pretended.ts";
export { Probing, type ProbingOptions } from "./probing.ts";
export { onThisThread, type ScheduleOptions } from "./schedule.ts";
export type {
  DatedResult,
  Order,
  ProbeLink,
  Report,
  ScheduleStats,
  StartProbing,
} from "./types.ts";
