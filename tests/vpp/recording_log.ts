import { type LogAttributes, type Logger, type LogLevel, logLevels } from "../../lib/log/mod.ts";

/** A logger that remembers. */
export class RecordingLog implements Logger {
  readonly records: { level: LogLevel; msg: string; attributes: LogAttributes }[] = [];

  constructor(private readonly least: LogLevel = "info") {}

  debug = (msg: string, attributes?: LogAttributes) => this.#add("debug", msg, attributes);
  info = (msg: string, attributes?: LogAttributes) => this.#add("info", msg, attributes);
  warn = (msg: string, attributes?: LogAttributes) => this.#add("warn", msg, attributes);
  error = (msg: string, attributes?: LogAttributes) => this.#add("error", msg, attributes);

  enabled(level: LogLevel): boolean {
    return logLevels.indexOf(level) >= logLevels.indexOf(this.least);
  }

  /** Attributes of the records called `msg`, undefined ones left out. */
  of(msg: string): Record<string, unknown>[] {
    return this.records.filter((record) => record.msg === msg).map(({ attributes }) =>
      Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined))
    );
  }

  #add(level: LogLevel, msg: string, attributes: LogAttributes = {}): void {
    if (this.enabled(level)) this.records.push({ level, msg, attributes });
  }
}
