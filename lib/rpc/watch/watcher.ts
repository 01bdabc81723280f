import type { WatchFilter } from "./filter.ts";
import type { EventQueue } from "./queue.ts";
import type { SharedEvent } from "./shared_event.ts";

/** One open stream. */
export interface Watcher {
  readonly filter: WatchFilter;
  readonly queue: EventQueue<SharedEvent>;
}

/** Queues an event. */
export function give({ queue }: Watcher, event: SharedEvent): void {
  queue.push(event, event.bytes);
}

/** Something that some watchers want and that costs nothing while none does. */
export interface Feed {
  /** A watcher that wants it, or does not. */
  join(watcher: Watcher): void;
  /** The watcher is gone; harmless when it has never joined. */
  leave(watcher: Watcher): void;
}
