import type { LogAttributes, Logger } from "../../log/mod.ts";
import type { Clock } from "../../time/mod.ts";

const quietMs = 10_000;

/**
 * Warnings that a broken peer could send by the million: one per event and 10 s, which tells how
 * many were left out before it. The events are constant names, so the map stays small.
 */
export class LimitedLog {
  readonly #last = new Map<string, { at: number; suppressed: number }>();

  constructor(private readonly log: Logger, private readonly clock: Clock) {}

  warn(msg: string, attributes: LogAttributes): void {
    const now = this.clock.now();
    const last = this.#last.get(msg);
    if (last && now - last.at < quietMs) {
      last.suppressed++;
      return;
    }
    this.log.warn(msg, { ...attributes, suppressed: last?.suppressed || undefined });
    this.#last.set(msg, { at: now, suppressed: 0 });
  }
}
