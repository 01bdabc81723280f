import type { Event, WatchRequest } from "../../gen/maglev_pb.ts";
import type { Polling } from "../polling.ts";
import type { CallContext } from "../rpc.ts";
import { watchFilter } from "./filter.ts";
import type { EventHub } from "./hub.ts";
import type { EventQueue } from "./queue.ts";

/** The event stream of one client: `WatchEvents` of proto/maglev.proto. */
export function watchEvents(
  hub: EventHub,
  request: WatchRequest,
  { binary }: CallContext,
): AsyncIterable<Event> {
  const filter = watchFilter(request, binary);
  return { [Symbol.asyncIterator]: () => new WatchStream(() => hub.watch(filter)) };
}

/** A queue that takes a moment to open, and that may be returned while it does. */
class WatchStream implements Polling<Event> {
  #queue: EventQueue<Event> | undefined;
  #returned = false;

  constructor(private readonly open: () => Promise<EventQueue<Event>>) {}

  next(): Promise<IteratorResult<Event>> {
    return this.#queue ? this.#queue.next() : this.#first();
  }

  poll(): Event | undefined {
    return this.#queue?.poll();
  }

  return(): Promise<IteratorResult<Event>> {
    this.#returned = true;
    return this.#queue?.return() ?? Promise.resolve({ done: true, value: undefined });
  }

  async #first(): Promise<IteratorResult<Event>> {
    const queue = await this.open();
    this.#queue = queue;
    return this.#returned ? queue.return() : queue.next();
  }
}
