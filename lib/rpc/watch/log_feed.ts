import type { LogLevel, LogSource } from "../../log/mod.ts";
import { logEventToProto } from "../convert/events.ts";
import { type SharedEvent, shareEvent } from "./shared_event.ts";
import { type Feed, give, type Watcher } from "./watcher.ts";

/** Watchers of one level, who share one subscription. */
interface Channel {
  readonly watchers: Set<Watcher>;
  readonly unsubscribe: () => void;
}

/** Log records, from the level on that each watcher asks for. */
export class LogFeed implements Feed {
  readonly #channels = new Map<LogLevel, Channel>();

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
      let shared: SharedEvent | undefined;
      for (const watcher of watchers) {
        if (watcher.filter.repeated.has(record.msg)) continue;
        give(watcher, shared ??= shareEvent(logEventToProto(record)));
      }
    });
    return { watchers, unsubscribe };
  }
}
