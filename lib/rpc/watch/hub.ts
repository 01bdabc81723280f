import type { ConnectError } from "@connectrpc/connect";
import type { CheckerView } from "../../checker/mod.ts";
import type { Journal, MaglevEvent } from "../../events/mod.ts";
import type { Event } from "../../gen/maglev_pb.ts";
import type { LogSource } from "../../log/mod.ts";
import type { Clock } from "../../time/mod.ts";
import {
  backendStateToProto,
  frontendStateToProto,
  heartbeatToProto,
  openingToProto,
} from "../convert/events.ts";
import type { WatchFilter } from "./filter.ts";
import { HeartbeatFeed } from "./heartbeat.ts";
import { LogFeed } from "./log_feed.ts";
import { PulseFeed } from "./pulse_feed.ts";
import { EventQueue } from "./queue.ts";
import type { QueueLimits } from "./queue.ts";
import { resume, type Resumption } from "./resume.ts";
import { SharedEvents, shareEvent } from "./shared_event.ts";
import { SnapshotCache } from "./snapshot_cache.ts";
import { type Feed, formFor, give, type Watcher } from "./watcher.ts";

/** What a hub deals out, and how. */
export interface EventHubOptions {
  readonly checker: CheckerView;
  /** Keeps the events of the checker's stream. */
  readonly journal: Journal;
  readonly logs: LogSource;
  /** How far each watcher may fall behind. */
  readonly limits: QueueLimits;
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
  readonly #options: EventHubOptions;
  readonly #watchers = new Set<Watcher>();
  readonly #backends: SnapshotCache;
  readonly #frontends: SnapshotCache;
  readonly #heartbeats: HeartbeatFeed;
  readonly #feeds: readonly Feed[];
  readonly #unsubscribe: () => void;
  /** The number of the last event that was dealt. */
  #told: number;
  /** Wait until there is no event that was not dealt yet. */
  #waiting: (() => void)[] = [];
  #closed: ConnectError | undefined;

  constructor(options: EventHubOptions) {
    const { checker, journal, logs, clock } = options;
    this.#options = options;
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
    this.#told = journal.newestSeq;
    this.#unsubscribe = checker.events.subscribe((event) => this.#deal(event));
  }

  /** Names this run of maglevd. */
  get streamId(): string {
    return this.#options.streamId;
  }

  /** Streams open now. */
  get size(): number {
    return this.#watchers.size;
  }

  /**
   * What the watcher has missed, where that can be said, else the present state, backends before
   * frontends; then every change from exactly then on.
   */
  async watch(filter: WatchFilter): Promise<EventQueue<Event>> {
    while (!this.#resume(filter).missed && !this.#closed) {
      if (filter.kinds.has("backend")) await this.#backends.warm();
      if (filter.kinds.has("frontend")) await this.#frontends.warm();
      if (this.#told === this.#options.checker.events.lastSeq) break;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.#closed) throw this.#closed;
    // From here on nothing awaits, so that there is neither gap nor duplicate.
    const queue: EventQueue<Event> = new EventQueue(
      this.#opening(filter),
      this.#options.limits,
      () => this.#leave(watcher),
    );
    const watcher: Watcher = { filter, queue };
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
    return resume(since, this.#options.journal, this.#options.streamId);
  }

  /** What a stream begins with. Replayed events are encoded when it is their turn. */
  #opening(filter: WatchFilter): Iterable<Event> {
    const { missed, reason } = this.#resume(filter);
    const seq = missed && filter.since ? Number(filter.since.seq) : this.#told;
    const { streamId } = this.#options;
    const resumed = missed !== undefined;
    const opening = openingToProto({ streamId, seq, resumed, reason });
    return chain(
      filter.opening ? [formFor(filter, shareEvent(opening))] : [],
      missed ? this.#replay(missed, filter) : this.#snapshot(filter),
      filter.heartbeat ? [formFor(filter, this.#heartbeats.beat())] : [],
    );
  }

  #snapshot({ kinds, binary }: WatchFilter): Iterable<Event> {
    return chain(
      kinds.has("backend") ? this.#backends.all(binary) : [],
      kinds.has("frontend") ? this.#frontends.all(binary) : [],
    );
  }

  *#replay(missed: readonly MaglevEvent[], filter: WatchFilter): Generator<Event> {
    for (const event of missed) {
      if (filter.kinds.has(event.kind)) yield formFor(filter, this.shared.of(event));
    }
  }

  #deal(event: MaglevEvent): void {
    this.#told = event.seq;
    if (event.kind === "backend") this.#backends.changed(event.backend);
    if (event.kind === "frontend" || event.kind === "pool") this.#frontends.changed(event.frontend);
    for (const watcher of this.#watchers) {
      if (watcher.filter.kinds.has(event.kind)) give(watcher, this.shared.of(event));
    }
    if (this.#told === this.#options.checker.events.lastSeq) this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  #leave(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    for (const feed of this.#feeds) feed.leave(watcher);
    if (this.#watchers.size > 0) return;
    this.#backends.clear();
    this.#frontends.clear();
  }
}

function* chain<T>(...parts: readonly Iterable<T>[]): Generator<T> {
  for (const part of parts) yield* part;
}
