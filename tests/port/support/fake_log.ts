import type { LogAttributes, LogLevel, LogRecord, LogSource } from "../../../lib/log/mod.ts";
import { logLevels } from "../../../lib/log/mod.ts";
import { RecordedLog } from "../../support/recorded_log.ts";

/** A log that keeps what is written and hands it to subscribers. */
export class FakeLog extends RecordedLog implements LogSource {
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

  override write(level: LogLevel, msg: string, attributes?: LogAttributes): void {
    super.write(level, msg, attributes);
    const record = this.records.at(-1);
    if (!record) return;
    for (const { level: least, listener } of this.#listeners) {
      if (logLevels.indexOf(level) >= logLevels.indexOf(least)) listener(record);
    }
  }
}
