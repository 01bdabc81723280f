import type { LogAttributes, Logger, LogLevel } from "../log/mod.ts";
import type { Clock } from "../time/mod.ts";

/** Errors that a simulation brings about itself. */
const expected = new Set(["probing-impaired", "config-check-failed"]);

/** The log of a history: every line has its moment, so two equal runs have equal logs. */
export class RunLog implements Logger {
  readonly lines: string[] = [];
  /** Errors that should not have been logged. */
  readonly errors: string[] = [];

  constructor(private readonly clock: Clock, private readonly isWanted: boolean) {}

  debug = (msg: string, attributes?: LogAttributes): void => this.write("debug", msg, attributes);
  info = (msg: string, attributes?: LogAttributes): void => this.write("info", msg, attributes);
  warn = (msg: string, attributes?: LogAttributes): void => this.write("warn", msg, attributes);
  error = (msg: string, attributes?: LogAttributes): void => this.write("error", msg, attributes);

  enabled(level: LogLevel): boolean {
    return level !== "debug";
  }

  /** Notes what the simulation itself does. */
  note(text: string): void {
    if (this.isWanted) this.lines.push(`${this.#moment()} --- ${text}`);
  }

  write(level: LogLevel, msg: string, attributes: LogAttributes = {}): void {
    const isError = level === "error" && !expected.has(msg);
    if (level === "debug" || (!this.isWanted && !isError)) return;
    const told = Object.entries(attributes).filter(([key, value]) =>
      value !== undefined && key !== "stack"
    ).map(([key, value]) => `${key}=${value}`);
    const line = [this.#moment(), level, msg, ...told].join(" ");
    if (this.isWanted) this.lines.push(line);
    if (isError) this.errors.push(line);
  }

  #moment(): string {
    return this.clock.now().toFixed(3).padStart(12);
  }
}
