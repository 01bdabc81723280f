/**
 * A client of VPP: its binary API over its socket, and its stats segment. Knows nothing of what
 * maglevd wants of VPP, but refuses to send what would kill it (docs/vpp.md).
 *
 * @example Asks a VPP for its name
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { showVersion } from "../gen/vpp.ts";
 * import { silentLogger } from "../log/mod.ts";
 * import { InMemoryVpp, portsOf } from "../sim/mod.ts";
 * import { FakeClock } from "../time/mod.ts";
 *
 * const clock = new FakeClock();
 * const vpp = new InMemoryVpp({ clock, random: () => 0.5 });
 * vpp.start();
 * const context = { clock, log: silentLogger, deadlineMs: 10_000 };
 * const connecting = connectApi("api.sock", context, undefined, portsOf(vpp).connect);
 * await clock.advanceAsync(100);
 * const client = await connecting;
 * const asking = client.request(showVersion, {});
 * await clock.advanceAsync(100);
 * equal((await asking).program, "vpe");
 * vpp.kill();
 * await client.close();
 * ```
 *
 * @module
 */

export type { ApiClient, ApiObserver, ClientContext, Dumper, Requester } from "./client.ts";
export { type Connect, connectApi } from "./connect.ts";
export { isRefusal, RetvalError, VppError } from "./errors.ts";
export { SegmentError } from "./segment_directory.ts";
export { openStatsSegment, segmentIn } from "./stats_segment.ts";
export type { ReadOptions, SegmentOptions, SegmentSource, StatsSegment } from "./stats_segment.ts";
export type { CombinedSum, SimpleSum, StatsView } from "./stats_segment.ts";
export type { Transport } from "./transport.ts";
