import { Code, ConnectError } from "@connectrpc/connect";
import type { Event, WatchRequest } from "../gen/maglev_pb.ts";
import { logLevels } from "../log/mod.ts";
import type { LogLevel } from "../log/mod.ts";
import type { EventHub, WatchFilter } from "./event_hub.ts";
import type { EventQueue } from "./event_queue.ts";
import type { Polling } from "./polling.ts";
import type { CallContext } from "./rpc.ts";

/** The event stream of one client: `WatchEvents` of proto/maglev.proto. */
export function watchEvents(
  hub: EventHub,
  request: WatchRequest,
  { binary }: CallContext,
): AsyncIterable<Event> {
  const filter = watchFilter(request, binary);
  return { [Symbol.asyncIterator]: () => new WatchStream(() => hub.watch(filter)) };
}

/** What the request asks for: unset flags mean yes, an unset level means info. */
function watchFilter(request: WatchRequest, binary: boolean): WatchFilter {
  const level = logLevel(request.logLevel);
  return {
    backend: request.backend ?? true,
    frontend: request.frontend ?? true,
    log: request.log ?? true ? level : undefined,
    binary,
  };
}

function logLevel(text: string): LogLevel {
  if (text === "") return "info";
  const level = logLevels.find((each) => each === text);
  if (level) return level;
  const choices = `${logLevels.slice(0, -1).join(", ")} or ${logLevels.at(-1)}`;
  throw new ConnectError(
    `log_level ${JSON.stringify(text)} is not ${choices}`,
    Code.InvalidArgument,
  );
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
