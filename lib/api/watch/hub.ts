import type { ConnectError } from "@connectrpc/connect";
import type { CheckerView } from "../../checker/mod.ts";
import type { Journal, MaglevEvent } from "../../events/mod.ts";
import type { Event, WatchRequest } from "../../gen/maglev_pb.ts";
import type { LogSource } from "../../log/mod.ts";
import { prefixOf } from "../../port/mod.ts";
import {
  type Answer,
  type Backlog,
  type CallContext,
  EventQueue,
  type QueueLimits,
} from "../../rpc/mod.ts";
import { type Clock, inSlices, type Steps } from "../../time/mod.ts";
import {
  backendStateToProto,
  frontendStateToProto,
  heartbeatToProto,
  openingToProto,
} from "../convert/events.ts";
import { type WatchBudgets, type WatchSlot, WatchSlots } from "../limits.ts";
import { type Feed, give, HeartbeatFeed, LogFeed, PulseFeed, type Watcher } from "./feeds.ts";
import {
  resume,
  type Resumption,
  SharedEvent,
  SharedEvents,
  type WatchFilter,
  watchFilter,
  WatchStream,
} from "./stream.ts";

/** What a hub deals out, and how. */
export interface EventHubOptions {
  readonly checker: CheckerView;
  /** Keeps the events of the checker's stream. */
  readonly journal: Journal;
  readonly logs: LogSource;
  /** How far each watcher may fall behind. */
  readonly limits: QueueLimits;
  readonly budgets: WatchBudgets;
  /** For watchers of this machine itself; the others' unless given. */
  readonly ownBudgets?: WatchBudgets;
  readonly clock: Clock;
  /** Names this run of maglevd: its numbers mean nothing in another one. */
  readonly streamId: string;
}

/**
 * Deals the daemon's events out to all watchers. However many there are, an event is converted
 * and encoded once; each watcher costs a reference in its own bounded queue.
 */
export class EventHub {
  /** Changes as the wire has them. */
  readonly shared = new SharedEvents();
  readonly #watchers = new Set<Watcher>();
  readonly #backends: SnapshotCache;
  readonly #frontends: SnapshotCache;
  readonly #heartbeats: HeartbeatFeed;
  readonly #feeds: readonly Feed[];
  readonly #strangers: WatchSlots;
  /** This machine's own: strangers who don't read cut off none of its watchers. */
  readonly #own: WatchSlots;
  readonly #unsubscribe: () => void;
  /** The number of the last event that was dealt. */
  #told: number;
  /** Wait until there is no event that was not dealt yet. */
  readonly #waiting: (() => void)[] = [];
  #closed: ConnectError | undefined;

  constructor(private readonly options: EventHubOptions) {
    const { checker, journal, logs, clock } = options;
    this.#backends = new SnapshotCache(clock, {
      names: () => checker.backendNames(),
      event(name) {
        const backend = checker.backend(name);
        return backend && backendStateToProto(name, backend);
      },
    });
    this.#frontends = new SnapshotCache(clock, {
      names: () => checker.frontendNames(),
      event(name) {
        const frontend = checker.frontend(name);
        return frontend && frontendStateToProto(name, frontend);
      },
    });
    this.#heartbeats = new HeartbeatFeed(
      clock,
      () => heartbeatToProto(options.streamId, this.#told),
    );
    this.#feeds = [new LogFeed(logs), new PulseFeed(checker, clock), this.#heartbeats];
    this.#strangers = new WatchSlots(options.budgets);
    this.#own = options.ownBudgets ? new WatchSlots(options.ownBudgets) : this.#strangers;
    this.#told = journal.newestSeq;
    this.#unsubscribe = checker.events.subscribe((event) => this.#deal(event));
  }

  /** Gives its streams their turns. */
  get clock(): Clock {
    return this.options.clock;
  }

  /** Names this run of maglevd. */
  get streamId(): string {
    return this.options.streamId;
  }

  /** Streams open now. */
  get size(): number {
    return this.#watchers.size;
  }

  /** The event stream of one client: `WatchEvents` of proto/maglev.proto. */
  stream(request: WatchRequest, { binary, principal }: CallContext): AsyncIterable<Answer> {
    const filter = watchFilter(request);
    const open = () => this.watch(filter, principal.peer);
    return { [Symbol.asyncIterator]: () => new WatchStream(open, binary, this.clock) };
  }

  /**
   * What the watcher has missed, where that can be said, else the present state, backends before
   * frontends; then every change from exactly then on. Throws ResourceExhausted when there are too
   * many watchers already; those of this machine itself have a number of their own. The newest of
   * the network that has most gives way to one that has fewer.
   */
  async watch(filter: WatchFilter, peer = ""): Promise<EventQueue<SharedEvent>> {
    const slots = prefixOf(peer).isLocal ? this.#own : this.#strangers;
    const slot = slots.take(peer, filter.log === "debug");
    try {
      await this.#settled(filter);
      if (this.#closed) throw this.#closed;
      if (slot.lost) throw slot.lost;
      // From here on nothing awaits, so that there is neither gap nor duplicate.
      return this.#open(filter, slots.backlog, slot);
    } catch (error) {
      slot.leave();
      throw error;
    }
  }

  /** Waits until an opening state can be told, and everything that has happened was. */
  async #settled(filter: WatchFilter): Promise<void> {
    while (!this.#resume(filter).missed && !this.#closed) {
      if (filter.kinds.has("backend")) await this.#backends.warm();
      if (filter.kinds.has("frontend")) await this.#frontends.warm();
      if (this.#told === this.options.checker.events.lastSeq) break;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #open(filter: WatchFilter, backlog: Backlog, slot: WatchSlot): EventQueue<SharedEvent> {
    const queue: EventQueue<SharedEvent> = new EventQueue(
      this.#opening(filter),
      this.options.limits,
      () => {
        slot.leave();
        this.#leave(watcher);
      },
      backlog,
    );
    slot.queue = queue;
    // What a client has seen may be as long as a request: it is of no use any more.
    const watcher: Watcher = { filter: { ...filter, since: undefined }, queue };
    this.#watchers.add(watcher);
    for (const feed of this.#feeds) feed.join(watcher);
    return queue;
  }

  /** Ends all streams with `error`, and every later one. */
  close(error: ConnectError): void {
    if (this.#closed) return;
    this.#closed = error;
    this.#unsubscribe();
    this.#wake();
    for (const { queue } of [...this.#watchers]) queue.fail(error);
  }

  #resume({ since }: WatchFilter): Resumption {
    return resume(since, this.options.journal, this.options.streamId);
  }

  /** What a stream begins with. Replayed events are encoded when it is their turn. */
  #opening(filter: WatchFilter): Iterable<SharedEvent> {
    const { missed, reason } = this.#resume(filter);
    const seq = missed && filter.since ? Number(filter.since.seq) : this.#told;
    const { streamId } = this.options;
    const resumed = missed !== undefined;
    const opening = openingToProto({ streamId, seq, resumed, reason });
    return chain(
      filter.opening ? [new SharedEvent(opening)] : [],
      missed ? this.#replay(missed, filter.kinds) : this.#snapshot(filter.kinds),
      filter.heartbeat ? [this.#heartbeats.beat()] : [],
    );
  }

  #snapshot(kinds: WatchFilter["kinds"]): Iterable<SharedEvent> {
    return chain(
      kinds.has("backend") ? this.#backends.all() : [],
      kinds.has("frontend") ? this.#frontends.all() : [],
    );
  }

  *#replay(
    missed: readonly MaglevEvent[],
    kinds: WatchFilter["kinds"],
  ): Generator<SharedEvent> {
    for (const event of missed) if (kinds.has(event.kind)) yield this.shared.of(event);
  }

  #deal(event: MaglevEvent): void {
    this.#told = event.seq;
    if (event.kind === "backend") this.#backends.changed(event.backend);
    if (event.kind === "frontend" || event.kind === "pool") this.#frontends.changed(event.frontend);
    for (const watcher of this.#watchers) {
      if (watcher.filter.kinds.has(event.kind)) give(watcher, this.shared.of(event));
    }
    if (this.#told === this.options.checker.events.lastSeq) this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #leave(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    for (const feed of this.#feeds) feed.leave(watcher);
    if (this.#watchers.size > 0) return;
    this.#backends.clear();
    this.#frontends.clear();
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
    return inSlices(this.clock, this.#warming());
  }

  *#warming(): Steps<void> {
    for (const name of this.source.names()) {
      this.#get(name);
      yield;
    }
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

function* chain<T>(...parts: readonly Iterable<T>[]): Generator<T> {
  for (const part of parts) yield* part;
}
