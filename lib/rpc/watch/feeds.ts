import type { CheckerView } from "../../checker/mod.ts";
import type { Event } from "../../gen/maglev_pb.ts";
import type { LogLevel, LogRecord, LogSource } from "../../log/mod.ts";
import { type Clock, every, type Timer } from "../../time/mod.ts";
import { logEventToProto, type Pulse, pulsesToProto } from "../convert/events.ts";
import { wantsRecord, type WatchFilter } from "./filter.ts";
import type { EventQueue } from "./queue.ts";
import { SharedEvent } from "./shared_event.ts";

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
    if (!level) return;
    const channel = this.#channels.get(level);
    if (channel) channel.watchers.add(watcher);
    else this.#channels.set(level, this.#open(level, watcher));
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

  #open(level: LogLevel, first: Watcher): Channel {
    const watchers = new Set([first]);
    const unsubscribe = this.logs.subscribe(level, (record) => {
      for (const watcher of watchers) {
        if (wantsRecord(watcher.filter, record)) give(watcher, this.#shared(record));
      }
    });
    return { watchers, unsubscribe };
  }

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

/** Pulses of one message: making and encoding more would hold the event loop for over 4 ms. */
const pulsesPerMessage = 2_000;

/** Outcomes of probes. The checker is listened to only while somebody watches. */
export class PulseFeed implements Feed {
  readonly #watchers = new Set<Watcher>();
  /** By backend: only the newest of each is told. */
  #gathered = new Map<string, Pulse[1]>();
  #timer: Timer | undefined;
  #unsubscribe: (() => void) | undefined;

  constructor(
    private readonly checker: Pick<CheckerView, "watchProbes">,
    private readonly clock: Clock,
  ) {}

  join(watcher: Watcher): void {
    if (!watcher.filter.pulses) return;
    this.#watchers.add(watcher);
    this.#unsubscribe ??= this.checker.watchProbes((backend, result) => {
      this.#gathered.set(backend, result);
      this.#timer ??= this.#arm();
    });
  }

  leave(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    if (this.#watchers.size > 0) return;
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#gathered.clear();
  }

  #arm(): Timer {
    return this.clock.after(gatherMs, () => {
      const batch = [...this.#gathered];
      this.#gathered = new Map();
      // Old pulses are worth nothing: who has not read the last batch yet gets no further one.
      this.#send(batch, [...this.#watchers].filter(({ queue }) => queue.backlog === 0));
    });
  }

  /** One message, and after a turn of the event loop the rest. */
  #send(batch: readonly Pulse[], watchers: readonly Watcher[]): void {
    this.#timer = undefined;
    const shared = new SharedEvent(pulsesToProto(batch.slice(0, pulsesPerMessage)));
    for (const watcher of watchers) give(watcher, shared);
    if (this.#watchers.size === 0) return;
    const rest = batch.slice(pulsesPerMessage);
    if (rest.length > 0) this.#timer = this.clock.after(0, () => this.#send(rest, watchers));
    else if (this.#gathered.size > 0) this.#timer = this.#arm();
  }
}
