import type { Event } from "../../gen/maglev_pb.ts";
import type { Clock } from "../../time/mod.ts";
import { inSlices } from "../slices.ts";
import { type SharedEvent, shareEvent } from "./shared_event.ts";

/** What there is of one kind of object, and how its opening events look. */
export interface SnapshotSource {
  /** Sorted; the same array until another configuration is in force. */
  names(): readonly string[];
  /** How it stands now; undefined when it is gone. */
  event(name: string): Event | undefined;
}

/** All opening events, in both forms. Never modified once handed out. */
interface Lists {
  readonly names: readonly string[];
  readonly plain: readonly Event[];
  readonly encoded: readonly Event[];
}

/** The opening events of one kind of object, made once for all watchers. */
export class SnapshotCache {
  readonly #events = new Map<string, SharedEvent>();
  #lists: Lists | undefined;

  constructor(private readonly clock: Clock, private readonly source: SnapshotSource) {}

  /** Builds what is missing, in slices, so that `all` has next to nothing left to do. */
  warm(): Promise<void> {
    if (this.#present()) return Promise.resolve();
    return inSlices(this.source.names(), this.clock, (names) => {
      for (const name of names) this.#get(name);
    });
  }

  /**
   * Everything as it is now, synchronously. To be called when all that has happened was told:
   * else a watcher would be told once more of what it has seen here.
   */
  all(binary: boolean): readonly Event[] {
    const lists = this.#present() ?? this.#build();
    this.#lists = lists;
    return binary ? lists.encoded : lists.plain;
  }

  /** An event told of a change. */
  changed(name: string): void {
    this.#events.delete(name);
    this.#lists = undefined;
  }

  /** Forgets what can be built again. */
  clear(): void {
    this.#events.clear();
    this.#lists = undefined;
  }

  #present(): Lists | undefined {
    return this.#lists?.names === this.source.names() ? this.#lists : undefined;
  }

  #build(): Lists {
    const names = this.source.names();
    const events = names.flatMap((name) => this.#get(name) ?? []);
    return {
      names,
      plain: events.map(({ plain }) => plain),
      encoded: events.map(({ encoded }) => encoded),
    };
  }

  #get(name: string): SharedEvent | undefined {
    const known = this.#events.get(name);
    if (known) return known;
    const made = this.source.event(name);
    if (!made) return undefined;
    const event = shareEvent(made);
    this.#events.set(name, event);
    return event;
  }
}
