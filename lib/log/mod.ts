/**
 * The daemon's log: JSON lines on standard output in the shape of Go's slog, and a feed of records
 * for the event stream. Writing never blocks, never throws and holds a bounded amount of memory.
 *
 * @example A record is a line of JSON
 * ```ts
 * import { equal } from "node:assert/strict";
 *
 * const record = { level: "warn", msg: "vpp-lost", wall: 0, attributes: { err: "gone" } } as const;
 * equal(
 *   formatRecord(record),
 *   '{"time":"1970-01-01T00:00:00.000000Z","level":"WARN","msg":"vpp-lost","err":"gone"}\n',
 * );
 * ```
 *
 * @module
 */

export { createLogger, parseLogLevel, silentLogger } from "./logger.ts";
export type { DaemonLog, LoggerOptions } from "./logger.ts";
export { asError, escaped, formatRecord, formatTime, reasonOf } from "./format.ts";
export { complain, goesToJournal } from "./journal.ts";
export type { LogSink, WriterLimits } from "./writer.ts";
export { LimitedLog } from "./limited.ts";
export type { LogRate } from "./limited.ts";
export { logLevels } from "./types.ts";
export type {
  LogAttributes,
  Logger,
  LogLevel,
  LogLevels,
  LogRecord,
  LogSource,
  LogValue,
} from "./types.ts";
