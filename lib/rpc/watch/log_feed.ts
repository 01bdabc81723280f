import type { LogLevel, LogRecord, LogSource } from "../../log/mod.ts";
import { logEventToProto } from "../convert/events.ts";
import { SharedEvent } from "./shared_event.ts";
import { type Feed, give, type Watcher } from "./watcher.ts";

/** Watchers of one level, who share one subscription. */
interface Channel {
  readonly watchers: Set<Watcher>;
  readonly unsubscribe: () => void;
}

/** Log records, from the level on that each watcher asks for. */
export class LogFeed implements Feed {
  readonly #channels = new Map<LogLevel, Channel>();
  #last: { readonly record: LogRecord; readonly event: SharedEvent } | undefined;

  constructor(private readonly logs: LogSource) {}

  join(watcher: Watcher): void {
    const level = watcher.filter.log;
    if (!level) return;
    const channel = this.#channels.get(level);
    if (channel) channel.watchers.add(watcher);
    else this.#channels.set(level, this.#open(level, watcher));
  }

  leave(watcher: Watcher): void {
    const level = watcher.filter.log;
    const channel = level && this.#channels.get(level);
    if (!channel) return;
    channel.watchers.delete(watcher);
    if (channel.watchers.size > 0) return;
    channel.unsubscribe();
    this.#channels.delete(level);
  }

  #open(level: LogLevel, first: Watcher): Channel {
    const watchers = new Set([first]);
    const unsubscribe = this.logs.subscribe(level, (record) => {
      for (const watcher of watchers) {
        if (!watcher.filter.repeated.has(record.msg)) give(watcher, this.#shared(record));
      }
    });
    return { watchers, unsubscribe };
  }

  /** Channels hear of a record one after the other, so that the last one is all there is to keep. */
  #shared(record: LogRecord): SharedEvent {
    if (this.#last?.record === record) return this.#last.event;
    const event = new SharedEvent(logEventToProto(record));
    this.#last = { record, event };
    return event;
  }
}
