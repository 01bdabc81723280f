/**
 * The daemon's log: JSON lines on standard output in the shape of Go's slog, and a feed of records
 * for the event stream. Writing never blocks, never throws and holds a bounded amount of memory.
 *
 * @module
 */

export { createLogger, parseLogLevel, silentLogger } from "./logger.ts";
export type { DaemonLog, LoggerOptions } from "./logger.ts";
export { formatRecord, formatTime } from "./format.ts";
export { goesToJournal, journalPrefix } from "./journal.ts";
export type { LogSink, WriterLimits } from "./writer.ts";
export { LimitedLog } from "./limited.ts";
export type { LogRate } from "./limited.ts";
export { reasonOf } from "./reason.ts";
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
