import type { ConnectError } from "@connectrpc/connect";
import type { CheckerView } from "../../checker/mod.ts";
import type { Journal, MaglevEvent } from "../../events/mod.ts";
import type { LogSource } from "../../log/mod.ts";
import { type Budget, type PeerPrefix, PeerShares, prefixOf } from "../../port/mod.ts";
import { Backlog, EventQueue, exhausted, type QueueLimits } from "../../rpc/mod.ts";
import type { Clock } from "../../time/mod.ts";
import {
  backendStateToProto,
  frontendStateToProto,
  heartbeatToProto,
  openingToProto,
} from "../convert/events.ts";
import { type Feed, give, HeartbeatFeed, LogFeed, PulseFeed, type Watcher } from "./feeds.ts";
import { SharedEvent, SharedEvents, SnapshotCache } from "./shared_event.ts";
import { resume, type Resumption, type WatchFilter } from "./stream.ts";

/** What all watchers together may cost. */
export interface WatchBudgets {
  /** Streams that are open. */
  readonly watchers: Budget;
  /** Those of them that have asked for log records of level debug. */
  readonly debugWatchers: Budget;
  /** Bytes that wait to be read. */
  readonly backlog: Budget;
}

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

/** One of the streams that may be open. */
interface StreamSlot {
  readonly leave: () => void;
  /** Why it is somebody else's now. */
  lost: ConnectError | undefined;
  queue: EventQueue<SharedEvent> | undefined;
}

/** What the watchers of one kind share, and who has how many streams. */
interface WatcherShare extends Pick<WatchBudgets, "debugWatchers" | "watchers"> {
  readonly backlog: Backlog;
  readonly slots: PeerShares;
}

/** A watcher, and whose backlog its events count for. */
interface Counted extends Watcher {
  readonly backlog: Backlog;
}

/**
 * Deals the daemon's events out to all watchers. However many there are, an event is converted
 * and encoded once; each watcher costs a reference in its own bounded queue.
 */
export class EventHub {
  /** Changes as the wire has them. */
  readonly shared = new SharedEvents();
  readonly #watchers = new Set<Counted>();
  readonly #backends: SnapshotCache;
  readonly #frontends: SnapshotCache;
  readonly #heartbeats: HeartbeatFeed;
  readonly #feeds: readonly Feed[];
  readonly #strangers: WatcherShare;
  /** This machine's own: strangers who don't read cut off none of its watchers. */
  readonly #own: WatcherShare;
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
    this.#strangers = this.#share(options.budgets);
    this.#own = options.ownBudgets ? this.#share(options.ownBudgets) : this.#strangers;
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

  /**
   * What the watcher has missed, where that can be said, else the present state, backends before
   * frontends; then every change from exactly then on. Throws ResourceExhausted when there are too
   * many watchers already; those of this machine itself have a number of their own. The newest of
   * the network that has most gives way to one that has fewer.
   */
  async watch(filter: WatchFilter, peer = ""): Promise<EventQueue<SharedEvent>> {
    const prefix = prefixOf(peer);
    const share = prefix.isLocal ? this.#own : this.#strangers;
    const slot = this.#admit(filter, peer, prefix, share);
    try {
      await this.#settled(filter);
      if (this.#closed) throw this.#closed;
      if (slot.lost) throw slot.lost;
      // From here on nothing awaits, so that there is neither gap nor duplicate.
      return this.#open(filter, share.backlog, slot);
    } catch (error) {
      slot.leave();
      throw error;
    }
  }

  #share({ watchers, debugWatchers, ...budgets }: WatchBudgets): WatcherShare {
    const backlog: Backlog = new Backlog(budgets.backlog, () => this.#queues(backlog));
    const slots = new PeerShares(watchers, { perPrefix: watchers.limit, reserved: 0 });
    return { watchers, debugWatchers, backlog, slots };
  }

  /** Counts a watcher. */
  #admit(
    { log }: WatchFilter,
    peer: string,
    prefix: PeerPrefix,
    { watchers, debugWatchers, slots }: WatcherShare,
  ): StreamSlot {
    const isDebug = log === "debug";
    if (isDebug && !debugWatchers.take()) {
      throw tooMany(debugWatchers, "event streams with log records of level debug");
    }
    const claim = slots.claim(prefix, ({ text }) => {
      watchers.refuse({ peer, reason: `there are too many, and ${text} has fewer` });
      slot.lost = exhausted(`there are too many event streams, and ${text} has fewer`);
      slot.queue?.fail(slot.lost);
    });
    if (typeof claim === "string") {
      if (isDebug) debugWatchers.give();
      watchers.refuse({ peer });
      throw tooMany(watchers, "event streams");
    }
    const leave = () => {
      if (isDebug) debugWatchers.give();
      claim.giveBack();
    };
    const slot: StreamSlot = { leave, lost: undefined, queue: undefined };
    return slot;
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

  #open(filter: WatchFilter, backlog: Backlog, slot: StreamSlot): EventQueue<SharedEvent> {
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
    const watcher: Counted = { filter: { ...filter, since: undefined }, queue, backlog };
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

  *#queues(backlog: Backlog): Generator<EventQueue<SharedEvent>> {
    for (const watcher of this.#watchers) if (watcher.backlog === backlog) yield watcher.queue;
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

  #leave(watcher: Counted): void {
    this.#watchers.delete(watcher);
    for (const feed of this.#feeds) feed.leave(watcher);
    if (this.#watchers.size > 0) return;
    this.#backends.clear();
    this.#frontends.clear();
  }
}

function tooMany({ limit }: Budget, what: string): ConnectError {
  return exhausted(`there are ${limit} ${what} already, which is the limit`);
}

function* chain<T>(...parts: readonly Iterable<T>[]): Generator<T> {
  for (const part of parts) yield* part;
}
