/**
 * Everything that changes what traffic gets, as one numbered stream with causes and actors. The
 * checker and VPP's side tell; VPP's side, the API, the log and the journal listen.
 *
 * @example Who listens hears each event once, numbered
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { silentLogger } from "../log/mod.ts";
 * import { FakeClock } from "../time/mod.ts";
 *
 * using stream = new EventStream(new FakeClock(), silentLogger);
 * const heard: string[] = [];
 * stream.subscribe(({ seq, kind }) => heard.push(`${seq} ${kind}`));
 * stream.emit([
 *   { kind: "pool", frontend: "web", address: "192.0.2.1", from: "a", to: "b", cause: { kind: "pool" } },
 * ]);
 * await stream.told();
 * deepEqual(heard, ["1 pool"]);
 * ```
 *
 * @module
 */

export { EventStream } from "./stream.ts";
export { isAskedFor, Journal } from "./journal.ts";
export type { EventFilter, EventPage, EventQuery } from "./journal.ts";
export { logEvents, recordNames } from "./records.ts";
export * from "./types.ts";
