/** How much a record matters, least first. */
export const logLevels = ["debug", "info", "warn", "error"] as const;

/** One of {@link logLevels}. */
export type LogLevel = (typeof logLevels)[number];

/** What an attribute may hold; everything else is converted before it is logged. */
export type LogValue = string | number | boolean | readonly string[];

/** Attributes of a record, in the order in which they are printed. Undefined ones are left out. */
export type LogAttributes = Readonly<Record<string, LogValue | undefined>>;

/** One log record: a constant event name such as `backend-transition`, and attributes. */
export interface LogRecord {
  readonly level: LogLevel;
  readonly msg: string;
  /** Unix time in milliseconds, with fractions. */
  readonly wall: number;
  readonly attributes: LogAttributes;
}

/** Where rooms write. Never blocks, never throws. */
export interface Logger {
  debug(msg: string, attributes?: LogAttributes): void;
  info(msg: string, attributes?: LogAttributes): void;
  warn(msg: string, attributes?: LogAttributes): void;
  error(msg: string, attributes?: LogAttributes): void;
  /** Whether anybody listens at `level`: ask before building costly debug attributes. */
  enabled(level: LogLevel): boolean;
}

/** What is read of a log, which changes when somebody begins or ends to listen. */
export interface LogLevels {
  /** Calls `heed` each time that `enabled(level)` has changed, until the returned function is called. */
  onEnabled(level: LogLevel, heed: (enabled: boolean) => void): () => void;
}

/** Where the event stream listens. */
export interface LogSource {
  /**
   * Calls `listener` for each record at or above `level`, independent of the daemon's own level,
   * until the returned function is called.
   */
  subscribe(level: LogLevel, listener: (record: LogRecord) => void): () => void;
}
