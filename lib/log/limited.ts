import type { Clock } from "../time/mod.ts";
import type { LogAttributes, Logger } from "./types.ts";

/** Milliseconds between two records of one name. */
const quietMs = 10_000;

/**
 * Records that a broken peer could cause by the million: one per event and 10 s, which tells as
 * `suppressed` how many were left out before it. The events are constant names, so the map stays
 * small.
 */
export class LimitedLog {
  readonly #last = new Map<string, { at: number; suppressed: number }>();

  /** `log` is where the records go. */
  constructor(private readonly log: Logger, private readonly clock: Clock) {}

  /** Warns, or counts what it keeps quiet about. */
  warn(msg: string, attributes: LogAttributes): void {
    this.#write("warn", msg, attributes);
  }

  /** Logs an error, or counts what it keeps quiet about. */
  error(msg: string, attributes: LogAttributes): void {
    this.#write("error", msg, attributes);
  }

  #write(level: "warn" | "error", msg: string, attributes: LogAttributes): void {
    const now = this.clock.now();
    const last = this.#last.get(msg);
    if (last && now - last.at < quietMs) {
      last.suppressed++;
      return;
    }
    this.log[level](msg, { ...attributes, suppressed: last?.suppressed || undefined });
    this.#last.set(msg, { at: now, suppressed: 0 });
  }
}
