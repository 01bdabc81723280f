import type { MaglevEvent } from "../../events/mod.ts";
import { type Event, EventSchema } from "../../gen/maglev_pb.ts";
import { type Answer, written } from "../../rpc/mod.ts";
import { type Clock, visitInSlices } from "../../time/mod.ts";
import { eventToProto } from "../convert/events.ts";

/** An event on its way to any number of streams: written once in each form, whoever reads it. */
export class SharedEvent {
  readonly #binary: Answer;
  #json: Answer | undefined;

  constructor(readonly plain: Event) {
    this.#binary = written(EventSchema, plain, true);
  }

  /** Octets that it takes as protobuf. */
  get bytes(): number {
    return this.#binary.length;
  }

  /** As protobuf, or as JSON. */
  as(binary: boolean): Answer {
    return binary ? this.#binary : this.#json ??= written(EventSchema, this.plain, false);
  }
}

/** Changes in the form of the wire, each made once for live streams, replays and lists. */
export class SharedEvents {
  /** Forgotten together with the change: what the journal drops costs nothing any more. */
  readonly #known = new WeakMap<MaglevEvent, SharedEvent>();

  /** One change. */
  of(event: MaglevEvent): SharedEvent {
    const known = this.#known.get(event);
    if (known) return known;
    const shared = new SharedEvent(eventToProto(event));
    this.#known.set(event, shared);
    return shared;
  }
}

/** What there is of one kind of object, and how its opening events look. */
export interface SnapshotSource {
  /** Sorted; the same array until another configuration is in force. */
  names(): readonly string[];
  /** How it stands now; undefined when it is gone. */
  event(name: string): Event | undefined;
}

/** All opening events. Never modified once handed out. */
interface Snapshot {
  readonly names: readonly string[];
  readonly events: readonly SharedEvent[];
}

/** The opening events of one kind of object, made once for all watchers. */
export class SnapshotCache {
  readonly #events = new Map<string, SharedEvent>();
  #snapshot: Snapshot | undefined;

  constructor(private readonly clock: Clock, private readonly source: SnapshotSource) {}

  /** Builds what is missing, in slices, so that `all` has next to nothing left to do. */
  warm(): Promise<void> {
    if (this.#present()) return Promise.resolve();
    return visitInSlices(this.source.names(), this.clock, (names) => {
      for (const name of names) this.#get(name);
    });
  }

  /**
   * Everything as it is now, synchronously. To be called when all that has happened was told:
   * else a watcher would be told once more of what it has seen here.
   */
  all(): readonly SharedEvent[] {
    const snapshot = this.#present() ?? this.#build();
    this.#snapshot = snapshot;
    return snapshot.events;
  }

  /** An event told of a change. */
  changed(name: string): void {
    this.#events.delete(name);
    this.#snapshot = undefined;
  }

  /** Forgets what can be built again. */
  clear(): void {
    this.#events.clear();
    this.#snapshot = undefined;
  }

  #present(): Snapshot | undefined {
    return this.#snapshot?.names === this.source.names() ? this.#snapshot : undefined;
  }

  #build(): Snapshot {
    const names = this.source.names();
    return { names, events: names.flatMap((name) => this.#get(name) ?? []) };
  }

  #get(name: string): SharedEvent | undefined {
    const known = this.#events.get(name);
    if (known) return known;
    const made = this.source.event(name);
    if (!made) return undefined;
    const event = new SharedEvent(made);
    this.#events.set(name, event);
    return event;
  }
}
