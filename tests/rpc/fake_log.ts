import type { LogAttributes, Logger, LogLevel, LogRecord, LogSource } from "../../lib/log/mod.ts";
import { logLevels } from "../../lib/log/mod.ts";

/** A log that keeps what is written and hands it to subscribers. */
export class FakeLog implements Logger, LogSource {
  readonly records: LogRecord[] = [];
  readonly #listeners = new Set<{ level: LogLevel; listener: (record: LogRecord) => void }>();
  readonly #waiters = new Set<() => void>();

  /** Callers of `subscribe` that have not unsubscribed. */
  get listeners(): number {
    return this.#listeners.size;
  }

  subscribe(level: LogLevel, listener: (record: LogRecord) => void): () => void {
    const entry = { level, listener };
    this.#listeners.add(entry);
    this.#changed();
    return () => {
      this.#listeners.delete(entry);
      this.#changed();
    };
  }

  /** Resolves when there are `count` listeners. */
  async untilListeners(count: number): Promise<void> {
    while (this.listeners !== count) {
      await new Promise<void>((resolve) => this.#waiters.add(resolve));
    }
  }

  #changed(): void {
    for (const waiter of this.#waiters) waiter();
    this.#waiters.clear();
  }

  enabled = (): boolean => true;
  debug = (msg: string, attributes?: LogAttributes): void => this.write("debug", msg, attributes);
  info = (msg: string, attributes?: LogAttributes): void => this.write("info", msg, attributes);
  warn = (msg: string, attributes?: LogAttributes): void => this.write("warn", msg, attributes);
  error = (msg: string, attributes?: LogAttributes): void => this.write("error", msg, attributes);

  /** Writes one record. */
  write(level: LogLevel, msg: string, attributes: LogAttributes = {}): void {
    const record = { level, msg, wall: 1_700_000_000_000, attributes };
    this.records.push(record);
    for (const { level: least, listener } of this.#listeners) {
      if (logLevels.indexOf(level) >= logLevels.indexOf(least)) listener(record);
    }
  }
}
