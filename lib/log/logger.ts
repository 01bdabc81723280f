import type { Clock } from "../time/mod.ts";
import { formatRecord } from "./format.ts";
import { journalPrefix } from "./journal.ts";
import { logLevels } from "./types.ts";
import type { LogAttributes, Logger, LogLevel, LogLevels, LogRecord, LogSource } from "./types.ts";
import { LineWriter } from "./writer.ts";
import type { LogSink, WriterLimits } from "./writer.ts";

/** What a daemon's log is made of. */
export interface LoggerOptions {
  /** What is written to the sink; subscribers have levels of their own. */
  readonly level: LogLevel;
  readonly sink: LogSink;
  readonly clock: Clock;
  readonly limits?: WriterLimits;
  /** Whether the sink is systemd's journal: then each line tells its priority. */
  readonly toJournal?: boolean;
}

/** The daemon's log: where rooms write, and where the event stream listens. */
export interface DaemonLog extends Logger, LogSource, LogLevels {
  /** Records that never reached the sink. */
  readonly dropped: number;
  /** Waits until everything is written, but no longer than `limitMs`. */
  flush(limitMs: number): Promise<void>;
}

interface Subscriber {
  readonly rank: number;
  readonly listener: (record: LogRecord) => void;
  /** Set while the listener runs: what it logs itself is not told to it again. */
  busy: boolean;
}

interface LevelListener {
  readonly rank: number;
  readonly listener: (enabled: boolean) => void;
}

const noAttributes: LogAttributes = {};
const rankOf = (level: LogLevel) => logLevels.indexOf(level);

/** A log that writes JSON lines to `sink` and tells subscribers. */
export function createLogger(
  { level, sink, clock, limits, toJournal = false }: LoggerOptions,
): DaemonLog {
  const ownRank = rankOf(level);
  const subscribers = new Set<Subscriber>();
  const levelListeners = new Set<LevelListener>();
  let lowest = ownRank;

  const format = (record: LogRecord) =>
    toJournal ? journalPrefix(record.level) + formatRecord(record) : formatRecord(record);
  const gap = (count: number) =>
    format({ level: "warn", msg: "log-dropped", wall: clock.wall(), attributes: { count } });
  const writer = new LineWriter(sink, gap, limits);

  function log(at: LogLevel, msg: string, attributes = noAttributes): void {
    const rank = rankOf(at);
    if (rank < lowest) return;
    const record = { level: at, msg, wall: clock.wall(), attributes };
    if (rank >= ownRank) writer.write(format(record));
    for (const subscriber of subscribers) {
      if (rank >= subscriber.rank && !subscriber.busy) tell(subscriber, record);
    }
  }

  function tell(subscriber: Subscriber, record: LogRecord): void {
    subscriber.busy = true;
    try {
      subscriber.listener(record);
    } catch (error) {
      remove(subscriber);
      log("error", "log-subscriber-failed", { err: String(error) });
    } finally {
      subscriber.busy = false;
    }
  }

  function remove(subscriber: Subscriber): void {
    subscribers.delete(subscriber);
    lower(Math.min(ownRank, ...[...subscribers].map((each) => each.rank)));
  }

  function lower(rank: number): void {
    const before = lowest;
    lowest = rank;
    for (const { rank, listener } of levelListeners) {
      if (rank >= before !== rank >= lowest) listener(rank >= lowest);
    }
  }

  return {
    debug: (msg, attributes) => log("debug", msg, attributes),
    info: (msg, attributes) => log("info", msg, attributes),
    warn: (msg, attributes) => log("warn", msg, attributes),
    error: (msg, attributes) => log("error", msg, attributes),
    enabled: (at) => rankOf(at) >= lowest,
    subscribe(at, listener) {
      const subscriber = { rank: rankOf(at), listener, busy: false };
      subscribers.add(subscriber);
      lower(Math.min(lowest, subscriber.rank));
      return () => remove(subscriber);
    },
    onEnabled(at, listener) {
      const levelListener = { rank: rankOf(at), listener };
      levelListeners.add(levelListener);
      return () => void levelListeners.delete(levelListener);
    },
    get dropped() {
      return writer.dropped;
    },
    flush(limitMs) {
      return new Promise((resolve) => {
        const limit = clock.after(limitMs, resolve);
        void writer.flushed().then(() => {
          limit.cancel();
          resolve();
        });
      });
    },
  };
}

/** A log that nobody reads. */
export const silentLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  enabled: () => false,
};

/** The level that `text` names in any case, as Go's slog reads it, or undefined. */
export function parseLogLevel(text: string): LogLevel | undefined {
  const name = text.toLowerCase();
  return logLevels.find((level) => level === name);
}
