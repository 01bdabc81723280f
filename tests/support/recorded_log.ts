import {
  type LogAttributes,
  type Logger,
  type LogLevel,
  type LogLevels,
  logLevels,
  type LogRecord,
} from "../../lib/log/mod.ts";

/** A log that keeps what is written to it. */
export class RecordedLog implements Logger, LogLevels {
  /** Attributes that are undefined are left out, as they are from a line of the real log. */
  readonly records: LogRecord[] = [];
  readonly #heeders = new Set<() => void>();

  /** Keeps records of level `least` and above. */
  constructor(private least: LogLevel = "debug") {}

  /** Keeps records of another level and above from now on. */
  keepFrom(least: LogLevel): void {
    this.least = least;
    for (const heed of this.#heeders) heed();
  }

  onEnabled(level: LogLevel, heed: (enabled: boolean) => void): () => void {
    const tell = () => heed(this.enabled(level));
    this.#heeders.add(tell);
    return () => void this.#heeders.delete(tell);
  }

  debug = (msg: string, attributes?: LogAttributes): void => this.write("debug", msg, attributes);
  info = (msg: string, attributes?: LogAttributes): void => this.write("info", msg, attributes);
  warn = (msg: string, attributes?: LogAttributes): void => this.write("warn", msg, attributes);
  error = (msg: string, attributes?: LogAttributes): void => this.write("error", msg, attributes);

  enabled(level: LogLevel): boolean {
    return logLevels.indexOf(level) >= logLevels.indexOf(this.least);
  }

  /** Writes one record. */
  write(level: LogLevel, msg: string, attributes: LogAttributes = {}): void {
    if (!this.enabled(level)) return;
    const kept = Object.entries(attributes).filter(([, value]) => value !== undefined);
    this.records.push({ level, msg, wall, attributes: Object.fromEntries(kept) });
  }

  /** Attributes of the records called `msg`. */
  named(msg: string): LogAttributes[] {
    return this.records.filter((record) => record.msg === msg).map(({ attributes }) => attributes);
  }

  /** The records as `level msg key=value …`. */
  get lines(): string[] {
    return this.records.map(({ level, msg, attributes }) =>
      [level, msg, ...Object.entries(attributes).map(([key, value]) => `${key}=${value}`)].join(" ")
    );
  }
}

/** Unix milliseconds of every record. */
const wall = 1_700_000_000_000;
