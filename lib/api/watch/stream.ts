import type { WatchRequest } from "../../gen/maglev_pb.ts";
import { type Clock, yieldIfDue } from "../../time/mod.ts";
import type { Answer, CallContext, EventQueue, Polling } from "../../rpc/mod.ts";
import { watchFilter } from "./filter.ts";
import type { EventHub } from "./hub.ts";
import type { SharedEvent } from "./shared_event.ts";

/** The event stream of one client: `WatchEvents` of proto/maglev.proto. */
export function watchEvents(
  hub: EventHub,
  request: WatchRequest,
  { binary, principal }: CallContext,
): AsyncIterable<Answer> {
  const filter = watchFilter(request);
  const open = () => hub.watch(filter, principal.peer);
  return { [Symbol.asyncIterator]: () => new WatchStream(open, binary, hub.clock) };
}

const end: IteratorResult<Answer> = { done: true, value: undefined };

/** A queue that takes a moment to open, and that may be returned while it does. */
class WatchStream implements Polling<Answer> {
  /** Let go once it was called, and the request with it. */
  #open: (() => Promise<EventQueue<SharedEvent>>) | undefined;
  #queue: EventQueue<SharedEvent> | undefined;
  #returned = false;

  constructor(
    open: () => Promise<EventQueue<SharedEvent>>,
    private readonly binary: boolean,
    private readonly clock: Clock,
  ) {
    this.#open = open;
  }

  async next(): Promise<IteratorResult<Answer>> {
    const queue = this.#queue ?? await this.#first();
    // A socket that takes whatever it is given would hold the loop until all has been told.
    if (queue?.isOpening) await yieldIfDue(this.clock);
    if (this.#returned) await queue?.return();
    const result = await queue?.next();
    return !result || result.done ? end : { done: false, value: result.value.as(this.binary) };
  }

  poll(): Answer | undefined {
    return this.#queue?.poll()?.as(this.binary);
  }

  async return(): Promise<IteratorResult<Answer>> {
    this.#returned = true;
    await this.#queue?.return();
    return end;
  }

  async #first(): Promise<EventQueue<SharedEvent> | undefined> {
    const open = this.#open;
    this.#open = undefined;
    return this.#queue = await open?.();
  }
}
