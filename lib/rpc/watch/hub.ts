import type { ConnectError } from "@connectrpc/connect";
import type { CheckerView } from "../checker/mod.ts";
import type { MaglevEvent } from "../events/mod.ts";
import type { Event } from "../gen/maglev_pb.ts";
import type { BackendState, FrontendState } from "../health/mod.ts";
import type { LogLevel, LogSource } from "../log/mod.ts";
import type { Clock } from "../time/mod.ts";
import { backendEventToProto, frontendEventToProto, logEventToProto } from "./convert/events.ts";
import { EventQueue } from "./event_queue.ts";
import type { QueueLimits } from "./event_queue.ts";
import { shareEvent } from "./shared_event.ts";
import type { SharedEvent } from "./shared_event.ts";
import { SnapshotCache } from "./snapshot_cache.ts";
import type { SnapshotSource } from "./snapshot_cache.ts";

/** What one watcher wants to see. */
export interface WatchFilter {
  readonly backend: boolean;
  readonly frontend: boolean;
  /** Undefined for no log records. */
  readonly log: LogLevel | undefined;
  /** Whether the stream carries protobuf: only then can watchers share encoded events. */
  readonly binary: boolean;
}

interface Watcher {
  readonly filter: WatchFilter;
  readonly queue: EventQueue<Event>;
}

/** Watchers of one level, who share one subscription. */
interface LogChannel {
  readonly watchers: Set<Watcher>;
  readonly unsubscribe: () => void;
}

/**
 * Deals the daemon's events out to all watchers. However many there are, an event is converted
 * and encoded once; each watcher costs a reference in its own bounded queue.
 */
export class EventHub {
  readonly #watchers = new Set<Watcher>();
  readonly #logChannels = new Map<LogLevel, LogChannel>();
  readonly #backends: SnapshotCache<BackendState>;
  readonly #frontends: SnapshotCache<FrontendState>;
  readonly #unsubscribe: () => void;
  #closed: ConnectError | undefined;

  constructor(
    checker: CheckerView,
    private readonly logs: LogSource,
    private readonly limits: QueueLimits,
    clock: Clock,
  ) {
    this.#backends = new SnapshotCache(clock, backendSource(checker));
    this.#frontends = new SnapshotCache(clock, frontendSource(checker));
    this.#unsubscribe = checker.events.subscribe((event) => this.#onChecker(event));
  }

  /** The present state, backends before frontends, then every change from exactly then on. */
  async watch(filter: WatchFilter): Promise<EventQueue<Event>> {
    if (filter.backend) await this.#backends.warm();
    if (filter.frontend) await this.#frontends.warm();
    if (this.#closed) throw this.#closed;
    // From here on nothing awaits, so that there is neither gap nor duplicate.
    const queue: EventQueue<Event> = new EventQueue(
      this.#snapshot(filter),
      this.limits,
      () => this.#leave(watcher),
    );
    const watcher: Watcher = { filter, queue };
    this.#watchers.add(watcher);
    if (filter.log) this.#joinLog(filter.log, watcher);
    return queue;
  }

  /** Ends all streams with `error`, and every later one. */
  close(error: ConnectError): void {
    if (this.#closed) return;
    this.#closed = error;
    this.#unsubscribe();
    for (const { queue } of [...this.#watchers]) queue.fail(error);
  }

  /** Streams open now. */
  get size(): number {
    return this.#watchers.size;
  }

  #snapshot({ backend, frontend, binary }: WatchFilter): Iterable<Event> {
    const backends = backend ? this.#backends.all(binary) : [];
    const frontends = frontend ? this.#frontends.all(binary) : [];
    return chain(backends, frontends);
  }

  #onChecker(event: MaglevEvent): void {
    switch (event.kind) {
      case "backend":
        this.#backends.changed(event.backend, stillThere(event.transition.to));
        return this.#deal(
          ({ filter }) => filter.backend,
          () => backendEventToProto(event.backend, event.transition),
        );
      case "frontend":
        this.#frontends.changed(event.frontend, stillThere(event.transition.to));
        return this.#deal(
          ({ filter }) => filter.frontend,
          () => frontendEventToProto(event.frontend, event.transition),
        );
      case "reload":
        if (event.result === "rejected") return;
        this.#backends.renewed();
        this.#frontends.renewed();
        return;
      case "pool":
      case "weight":
      case "operator":
      case "vpp":
      case "probing":
        return;
      default:
        event satisfies never;
    }
  }

  #deal(wants: (watcher: Watcher) => boolean, build: () => Event): void {
    let shared: SharedEvent | undefined;
    for (const watcher of this.#watchers) {
      if (wants(watcher)) give(watcher, shared ??= shareEvent(build()));
    }
  }

  #joinLog(level: LogLevel, watcher: Watcher): void {
    const channel = this.#logChannels.get(level);
    if (channel) return void channel.watchers.add(watcher);
    const watchers = new Set([watcher]);
    const unsubscribe = this.logs.subscribe(level, (record) => {
      const shared = shareEvent(logEventToProto(record));
      for (const each of watchers) give(each, shared);
    });
    this.#logChannels.set(level, { watchers, unsubscribe });
  }

  #leave(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    this.#leaveLog(watcher);
    if (this.#watchers.size > 0) return;
    this.#backends.clear();
    this.#frontends.clear();
  }

  #leaveLog(watcher: Watcher): void {
    const level = watcher.filter.log;
    const channel = level && this.#logChannels.get(level);
    if (!channel) return;
    channel.watchers.delete(watcher);
    if (channel.watchers.size > 0) return;
    channel.unsubscribe();
    this.#logChannels.delete(level);
  }
}

function backendSource(checker: CheckerView): SnapshotSource<BackendState> {
  return {
    names: () => checker.backendNames(),
    state: (name) => checker.backend(name)?.state,
    firstState(name) {
      const backend = checker.backend(name);
      return backend?.transitions.at(-1)?.from ?? backend?.state;
    },
    event: (name, state) => backendEventToProto(name, { from: state, to: state, at: 0 }),
  };
}

function frontendSource(checker: CheckerView): SnapshotSource<FrontendState> {
  const state = (name: string) => checker.frontend(name)?.state;
  return {
    names: () => checker.frontendNames(),
    state,
    firstState: state,
    event: (name, at) => frontendEventToProto(name, { from: at, to: at, at: 0 }),
  };
}

function stillThere<State extends string>(
  state: State,
): Exclude<State, "removed"> | undefined {
  return state === "removed" ? undefined : state as Exclude<State, "removed">;
}

function give({ filter, queue }: Watcher, { plain, encoded, bytes }: SharedEvent): void {
  queue.push(filter.binary ? encoded : plain, bytes);
}

function* chain<T>(...parts: readonly (readonly T[])[]): Generator<T> {
  for (const part of parts) yield* part;
}
