import type { Clock, Timer } from "../../time/mod.ts";
import { SharedEvent } from "./shared_event.ts";
import { type Feed, give, type Watcher } from "./watcher.ts";
import type { Event } from "../../gen/maglev_pb.ts";

/** Milliseconds between signs of life: well within the 15 s that are promised. */
const heartbeatMs = 10_000;

/** Signs of life, at the same moment for all watchers, so that each is made once. */
export class HeartbeatFeed implements Feed {
  readonly #watchers = new Set<Watcher>();
  #timer: Timer | undefined;

  /** `make` builds the message of this moment. */
  constructor(private readonly clock: Clock, private readonly make: () => Event) {}

  join(watcher: Watcher): void {
    if (!watcher.filter.heartbeat) return;
    this.#watchers.add(watcher);
    this.#timer ??= this.#arm();
  }

  leave(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    if (this.#watchers.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** The message of this moment. */
  beat(): SharedEvent {
    return new SharedEvent(this.make());
  }

  #arm(): Timer {
    return this.clock.after(heartbeatMs, () => {
      this.#timer = this.#arm();
      const shared = this.beat();
      for (const watcher of [...this.#watchers]) give(watcher, shared);
    });
  }
}
