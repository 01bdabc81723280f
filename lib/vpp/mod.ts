/**
 * Keeps the lb plugin of a VPP in line with configuration and health. What VPP does with what it
 * is told is in docs/vpp.md, which the comments of this room cite.
 *
 * A server here is what VPP calls an AS, an application server: an address behind a VIP.
 *
 * - `state`: VIPs, servers and settings, desired and actual, and the plan from one to the other.
 * - `sync`: keeps one VPP in line, from what it holds when connected to the last change.
 * - `link`: keeps a connection, one after the other, and what may be asked of a connected VPP.
 *
 * @example A VPP that is empty gets the VIP and the server whose probes pass
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { Checker } from "../checker/mod.ts";
 * import { parseConfig } from "../config/mod.ts";
 * import { EventStream } from "../events/mod.ts";
 * import { silentLogger } from "../log/mod.ts";
 * import { onThisThread } from "../probing/mod.ts";
 * import { InMemoryVpp, portsOf } from "../sim/mod.ts";
 * import { Supervisor } from "../supervisor/mod.ts";
 * import { FakeClock } from "../time/mod.ts";
 *
 * const outcome = parseConfig(
 *   `maglev:
 *      healthchecks: { alive: { type: tcp, port: 80 } }
 *      backends: { web1: { address: 198.51.100.7, healthcheck: alive } }
 *      frontends:
 *        web: { address: 192.0.2.1, pools: [{ name: all, backends: { web1: {} } }] }
 *      vpp: { lb: { ipv4-src-address: 203.0.113.1, ipv6-src-address: "2001:db8::1" } }`,
 *   "maglev.yaml",
 * );
 * if (outcome.kind !== "valid") throw new Error("the example is wrong");
 *
 * const [clock, log] = [new FakeClock(), silentLogger];
 * const fatal = (error: Error) => {
 *   throw error;
 * };
 * const random = () => 0.5;
 * const passing = { ok: true, code: "L4OK", detail: "", durationMs: 1 } as const;
 * await using parts = new AsyncDisposableStack();
 * const events = parts.use(new EventStream(clock, log));
 * const checker = new Checker({
 *   ...{ config: outcome.config, clock, log, events },
 *   probing: onThisThread({
 *     ...{ clock, log, random, fatal },
 *     startProbe: (_target, done) => (done(passing), () => {}),
 *   }),
 * });
 * const simulated = new InMemoryVpp({ clock, random });
 * simulated.start();
 * const vpp = new Vpp({
 *   ...{ apiAddr: "api.sock", statsAddr: "stats.sock", checker, events, log, clock },
 *   ...{ supervisor: new Supervisor({ clock, log, fatal }), ...portsOf(simulated) },
 * });
 * vpp.start();
 * await clock.advanceAsync(60_000);
 * deepEqual(
 *   simulated.state().map(({ prefix, servers }) => [prefix, servers[0]?.address, servers[0]?.weight]),
 *   [["192.0.2.1/32", "198.51.100.7", 100]],
 * );
 * simulated.kill();
 * await vpp.close();
 * checker.close();
 * ```
 *
 * @module
 */

export { trafficOf } from "./counters.ts";
export type { Flushes, FlushMemory } from "./state/ledger.ts";
export type { ConnectionOptions } from "./link/connection.ts";
export * from "./service.ts";
export { Vpp, type VppOptions } from "./vpp.ts";
