import type { Event } from "../gen/maglev_pb.ts";
import type { Clock } from "../time/mod.ts";
import { shareEvent } from "./shared_event.ts";
import type { SharedEvent } from "./shared_event.ts";
import { inSlices } from "./slices.ts";

/** What there is of one kind of object, and how its opening events look. */
export interface SnapshotSource<State extends string> {
  /** Sorted. */
  names(): readonly string[];
  /** The present state. */
  state(name: string): State | undefined;
  /** The state in which an object appeared of which no event has told yet. */
  firstState(name: string): State | undefined;
  event(name: string, state: State): Event;
}

/**
 * The opening events of one kind of object, shared by all watchers.
 *
 * States are those that events have told of, not those of this moment: the checker may still owe
 * its listeners events of what has happened, and a watcher that saw the outcome in its snapshot
 * would then be told of it again.
 */
export class SnapshotCache<State extends string> {
  readonly #told = new Map<string, State>();
  readonly #events = new Map<string, SharedEvent>();
  /** The lists last handed out, until something changes. Never modified once handed out. */
  #lists: { readonly plain: readonly Event[]; readonly encoded: readonly Event[] } | undefined;

  constructor(private readonly clock: Clock, private readonly source: SnapshotSource<State>) {
    for (const name of source.names()) {
      const state = source.state(name);
      if (state) this.#told.set(name, state);
    }
  }

  /** Builds what is missing, in slices, so that `all` has next to nothing left to do. */
  warm(): Promise<void> {
    if (this.#lists) return Promise.resolve();
    return inSlices(this.source.names(), this.clock, (names) => {
      for (const name of names) this.#get(name);
    });
  }

  /** Everything, in the state that events have told of so far; synchronously. */
  all(binary: boolean): readonly Event[] {
    if (!this.#lists) {
      const events = this.source.names().flatMap((name) => this.#get(name) ?? []);
      this.#lists = {
        plain: events.map(({ plain }) => plain),
        encoded: events.map(({ encoded }) => encoded),
      };
    }
    return binary ? this.#lists.encoded : this.#lists.plain;
  }

  /** An event told of a change; `to` is undefined when the object is gone. */
  changed(name: string, to: State | undefined): void {
    if (to) this.#told.set(name, to);
    else this.#told.delete(name);
    this.#events.delete(name);
    this.#lists = undefined;
  }

  /** Objects may have come and gone: what comes again is new. */
  renewed(): void {
    const names = new Set(this.source.names());
    for (const name of this.#told.keys()) if (!names.has(name)) this.changed(name, undefined);
    this.#lists = undefined;
  }

  /** Forgets what can be built again. */
  clear(): void {
    this.#events.clear();
    this.#lists = undefined;
  }

  #get(name: string): SharedEvent | undefined {
    const known = this.#events.get(name);
    if (known) return known;
    const state = this.#told.get(name) ?? this.source.firstState(name);
    if (!state) return undefined;
    const event = shareEvent(this.source.event(name, state));
    this.#events.set(name, event);
    return event;
  }
}
