import type { LogAttributes, Logger, LogLevel } from "../../lib/log/mod.ts";

/** A log that keeps what is written to it as `level msg key=value …`. */
export class RecordedLog implements Logger {
  readonly lines: string[] = [];

  debug = (msg: string, attributes?: LogAttributes) => this.#keep("debug", msg, attributes);
  info = (msg: string, attributes?: LogAttributes) => this.#keep("info", msg, attributes);
  warn = (msg: string, attributes?: LogAttributes) => this.#keep("warn", msg, attributes);
  error = (msg: string, attributes?: LogAttributes) => this.#keep("error", msg, attributes);
  enabled = () => true;

  #keep(level: LogLevel, msg: string, attributes: LogAttributes = {}): void {
    const shown = Object.entries(attributes).filter(([, value]) => value !== undefined)
      .map(([key, value]) => `${key}=${value}`);
    this.lines.push([level, msg, ...shown].join(" "));
  }
}
