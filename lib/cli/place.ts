import type { Event } from "../gen/maglev_pb.ts";
import type { WatchInit } from "./events.ts";

/** How far a stream of events was read, to go on from there after it broke off. */
export class Place {
  #streamId = "";
  #since: WatchInit["since"];

  /** The request that goes on from here. */
  goOn(request: WatchInit): WatchInit {
    return this.#since ? { ...request, since: this.#since } : request;
  }

  /** Takes note of a message. Whoever breaks off in the present state begins with it again. */
  passed({ event, seq }: Event): void {
    if (event.case === "opening") {
      this.#streamId = event.value.streamId;
      if (!event.value.resumed) this.#since = undefined;
    } else if (event.case === "heartbeat") {
      this.#since = { streamId: event.value.streamId, seq: event.value.seq };
    } else if (seq !== 0n) {
      this.#since = { streamId: this.#streamId, seq };
    }
  }
}
