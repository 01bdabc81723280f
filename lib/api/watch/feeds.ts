import type { CheckerView } from "../../checker/mod.ts";
import type { Event } from "../../gen/maglev_pb.ts";
import type { LogLevel, LogRecord, LogSource } from "../../log/mod.ts";
import type { EventQueue } from "../../rpc/mod.ts";
import { type Clock, every, type Timer } from "../../time/mod.ts";
import { logEventToProto, type Pulse, pulsesToProto, type Running } from "../convert/events.ts";
import { SharedEvent, wantsRecord, type WatchFilter } from "./stream.ts";

/** One open stream. */
export interface Watcher {
  readonly filter: WatchFilter;
  readonly queue: EventQueue<SharedEvent>;
}

/** Queues an event. */
export function give({ queue }: Watcher, event: SharedEvent): void {
  queue.push(event, event.bytes);
}

/** Something that some watchers want and that costs nothing while none does. */
export interface Feed {
  /** A watcher that wants it, or does not. */
  join(watcher: Watcher): void;
  /** The watcher is gone; harmless when it has never joined. */
  leave(watcher: Watcher): void;
}

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
    this.#timer ??= every(this.clock, heartbeatMs, () => {
      const shared = this.beat();
      for (const watcher of [...this.#watchers]) give(watcher, shared);
    });
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
}

/** Watchers of one level, who share one subscription. */
interface Channel {
  readonly watchers: Set<Watcher>;
  readonly unsubscribe: () => void;
}

/** Log records, from the level on that each watcher asks for. */
export class LogFeed implements Feed {
  readonly #channels = new Map<LogLevel, Channel>();
  #last: { readonly record: LogRecord; readonly event: SharedEvent } | undefined;

  constructor(private readonly logs: LogSource) {}

  join(watcher: Watcher): void {
    const level = watcher.filter.log;
    if (level) this.#channels.getOrInsertComputed(level, this.#open).watchers.add(watcher);
  }

  leave(watcher: Watcher): void {
    const level = watcher.filter.log;
    const channel = level && this.#channels.get(level);
    if (!channel) return;
    channel.watchers.delete(watcher);
    if (channel.watchers.size > 0) return;
    channel.unsubscribe();
    this.#channels.delete(level);
  }

  readonly #open = (level: LogLevel): Channel => {
    const watchers = new Set<Watcher>();
    const unsubscribe = this.logs.subscribe(level, (record) => {
      for (const watcher of watchers) {
        if (wantsRecord(watcher.filter, record)) give(watcher, this.#shared(record));
      }
    });
    return { watchers, unsubscribe };
  };

  /** Channels hear of a record one after the other, so that the last one is all there is to keep. */
  #shared(record: LogRecord): SharedEvent {
    if (this.#last?.record === record) return this.#last.event;
    const event = new SharedEvent(logEventToProto(record));
    this.#last = { record, event };
    return event;
  }
}

/** Milliseconds in which pulses gather: at most four batches a second. */
const gatherMs = 250;

/** So many milliseconds after its beginning a probe is told of as running: most have ended by then. */
const runningMs = 100;

/** Probes of one message: making and encoding more would hold the event loop for over 4 ms. */
const probesPerMessage = 2_000;

/** Outcomes of probes, and probes that take long. The checker is asked only while somebody watches. */
export class PulseFeed implements Feed {
  readonly #watchers = new Set<Watcher>();
  /** Those of them that have not been told of all that is running, or not of all changes of it. */
  readonly #behind = new Set<Watcher>();
  /** By backend: only the newest of each is told. */
  #gathered = new Map<string, Pulse[1]>();
  /** By backend, as it was told last to those who are not behind. */
  #running: ReadonlyMap<string, number> = new Map();
  #timer: Timer | undefined;
  #unsubscribe: (() => void) | undefined;

  constructor(
    private readonly checker: Pick<CheckerView, "runningProbes" | "watchProbes">,
    private readonly clock: Clock,
  ) {}

  join(watcher: Watcher): void {
    if (!watcher.filter.pulses) return;
    this.#watchers.add(watcher);
    this.#behind.add(watcher);
    this.#unsubscribe ??= this.checker.watchProbes((backend, result) => {
      this.#gathered.set(backend, result);
    });
    this.#timer ??= this.#arm();
  }

  leave(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    this.#behind.delete(watcher);
    if (this.#watchers.size > 0) return;
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#gathered.clear();
  }

  #arm(): Timer {
    return this.clock.after(gatherMs, () => this.#goOn(this.#batch()));
  }

  /** One step, and after a turn of the event loop the next. */
  #goOn(batch: Iterator<void>): void {
    const { done } = batch.next();
    if (this.#watchers.size === 0) return;
    this.#timer = done ? this.#arm() : this.clock.after(0, () => this.#goOn(batch));
  }

  /** Tells what is new. */
  *#batch(): Generator<void> {
    const pulses = [...this.#gathered];
    const before = this.#running;
    this.#gathered = new Map();
    this.#running = this.checker.runningProbes(runningMs);
    yield;
    const changes = [...changesOf(before, this.#running)];
    const [current, behind]: [Watcher[], Watcher[]] = [[], []];
    for (const watcher of this.#watchers) {
      // Old pulses are worth nothing: who has not read the last batch yet gets no further one.
      if (watcher.queue.backlog === 0) {
        (this.#behind.delete(watcher) ? behind : current).push(watcher);
      } else if (changes.length > 0) this.#behind.add(watcher);
    }
    yield* tell(behind, messages(pulses, [...this.#running], true));
    yield* tell(current, messages(pulses, changes));
  }
}

/** Queues a message a step. */
function* tell(watchers: readonly Watcher[], messages: Iterable<Event>): Generator<void> {
  if (watchers.length === 0) return;
  for (const message of messages) {
    const shared = new SharedEvent(message);
    for (const watcher of watchers) give(watcher, shared);
    yield;
  }
}

function* changesOf(
  before: ReadonlyMap<string, number>,
  now: ReadonlyMap<string, number>,
): Generator<Running> {
  for (const [name, since] of now) if (before.get(name) !== since) yield [name, since];
  for (const name of before.keys()) if (!now.has(name)) yield [name, 0];
}

/** Outcomes first, then what is running; `isAnew`: that is all of it, be it none. */
function* messages(
  pulses: readonly Pulse[],
  running: readonly Running[],
  isAnew = false,
): Generator<Event> {
  const last = Math.max(pulses.length + running.length, isAnew ? 1 : 0);
  for (let at = 0; at < last; at += probesPerMessage) {
    const end = at + probesPerMessage;
    const behind = (place: number) => Math.max(0, place - pulses.length);
    const some = running.slice(behind(at), behind(end));
    yield pulsesToProto(pulses.slice(at, end), some, isAnew && at === 0);
  }
}
