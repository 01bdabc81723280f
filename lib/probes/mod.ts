/**
 * Probes: one file per type, one table, one result.
 *
 * @example One TCP check of a server on this machine
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { silentLogger } from "../log/mod.ts";
 * import { Engine } from "../net/mod.ts";
 * import { parseConfig } from "../config/mod.ts";
 * import { systemClock } from "../time/mod.ts";
 *
 * using server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * const { port } = server.addr as Deno.NetAddr;
 * const outcome = parseConfig(
 *   `maglev:
 *      healthchecks: { alive: { type: tcp, port: ${port} } }
 *      backends: { web1: { address: 127.0.0.1, healthcheck: alive } }
 *      vpp: { lb: { ipv4-src-address: 192.0.2.1, ipv6-src-address: "2001:db8::1" } }`,
 *   "maglev.yaml",
 * );
 * if (outcome.kind !== "valid") throw new Error(outcome.kind);
 * const { healthchecks, backends } = outcome.config;
 * const [check, backend] = [healthchecks.get("alive"), backends.get("web1")];
 * if (!check || !backend) throw new Error("not there");
 *
 * await using engine = new Engine(systemClock);
 * const prober = createProber(engine, { log: silentLogger, version: "0.0.0" });
 * const result = await new Promise<ProbeResult>((resolve) => {
 *   const target = { backend: "web1", address: backend.address, netns: "", check };
 *   prober.start(target, resolve);
 * });
 * equal(result.code, "L4OK");
 * prober.close();
 * ```
 *
 * @module
 */

export { type CancelProbe, probeCodes } from "./types.ts";
export type { HttpAnswer, ProbeCode, ProbeResult, ProbeTarget, StartProbe } from "./types.ts";
export { createProber, type Prober, type ProberOptions } from "./prober.ts";
export { prepareTls } from "./tls_client.ts";
