import type { Event } from "../../gen/maglev_pb.ts";
import type { WatchFilter } from "./filter.ts";
import type { EventQueue } from "./queue.ts";
import type { SharedEvent } from "./shared_event.ts";

/** One open stream. */
export interface Watcher {
  readonly filter: WatchFilter;
  readonly queue: EventQueue<Event>;
}

/** Queues an event in the form that the watcher's stream carries. */
export function give({ filter, queue }: Watcher, event: SharedEvent): void {
  queue.push(formFor(filter, event), event.bytes);
}

/** The form that a stream carries: only protobuf can be shared encoded. */
export function formFor({ binary }: WatchFilter, { plain, encoded }: SharedEvent): Event {
  return binary ? encoded : plain;
}

/** Something that some watchers want and that costs nothing while none does. */
export interface Feed {
  /** A watcher that wants it, or does not. */
  join(watcher: Watcher): void;
  /** The watcher is gone; harmless when it has never joined. */
  leave(watcher: Watcher): void;
}
