import {
  type EventKind,
  eventKinds,
  type Journal,
  type MaglevEvent,
  recordNames,
} from "../../events/mod.ts";
import {
  type Event,
  EventSchema,
  type StreamPosition,
  type WatchRequest,
} from "../../gen/maglev_pb.ts";
import { type LogLevel, logLevels, type LogRecord, parseLogLevel } from "../../log/mod.ts";
import {
  type Answer,
  type EventQueue,
  invalid,
  type Polling,
  quoted,
  written,
} from "../../rpc/mod.ts";
import { type Clock, yieldIfDue } from "../../time/mod.ts";
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
    return this.#known.getOrInsertComputed(event, () => new SharedEvent(eventToProto(event)));
  }
}

const end: IteratorResult<Answer> = { done: true, value: undefined };

/** A queue that takes a moment to open, and that may be returned while it does. */
export class WatchStream implements Polling<Answer> {
  /** Let go once it was called, and the request with it. */
  #open: (() => Promise<EventQueue<SharedEvent>>) | undefined;
  #queue: EventQueue<SharedEvent> | undefined;
  #returned = false;

  constructor(
    open: () => Promise<EventQueue<SharedEvent>>,
    private readonly binary: boolean,
    private readonly clock: Clock,
  ) {
    this.#open = open;
  }

  async next(): Promise<IteratorResult<Answer>> {
    const queue = this.#queue ?? await this.#first();
    // A socket that takes whatever it is given would hold the loop until all has been told.
    if (queue?.isOpening) await yieldIfDue(this.clock);
    if (this.#returned) await queue?.return();
    const result = await queue?.next();
    return !result || result.done ? end : { done: false, value: result.value.as(this.binary) };
  }

  poll(): Answer | undefined {
    const queue = this.#queue;
    // Whoever wants more than this turn has room for asks by next(), which gives way to others.
    if (queue?.isOpening && this.clock.turn.isOver) return undefined;
    return queue?.poll()?.as(this.binary);
  }

  async return(): Promise<IteratorResult<Answer>> {
    this.#returned = true;
    await this.#queue?.return();
    return end;
  }

  async #first(): Promise<EventQueue<SharedEvent> | undefined> {
    const open = this.#open;
    this.#open = undefined;
    return this.#queue = await open?.();
  }
}

/** What one watcher wants to see. */
export interface WatchFilter {
  /** Kinds of change. */
  readonly kinds: ReadonlySet<EventKind>;
  /** Undefined for no log records. */
  readonly log: LogLevel | undefined;
  /** Names of log records that would only repeat what events of the stream tell. */
  readonly repeated: ReadonlySet<string>;
  /** How the names of log records begin that it wants; empty: it wants them all. */
  readonly logNames: readonly string[];
  readonly pulses: boolean;
  readonly heartbeat: boolean;
  /** Whether the stream begins by saying where it begins. */
  readonly opening: boolean;
  /** Where to go on. */
  readonly since: Pick<StreamPosition, "streamId" | "seq"> | undefined;
}

/** Kinds that a stream has only since they can be asked for. */
const addedKinds = eventKinds.filter((kind) => kind !== "backend" && kind !== "frontend");

/**
 * What a request asks for. Unset flags mean what they meant before there were the others: log
 * records from info on, and transitions. Throws InvalidArgument.
 */
export function watchFilter(request: WatchRequest): WatchFilter {
  const { changes = false, heartbeat, since } = request;
  const level = logLevel(request.logLevel);
  const added = knownKinds(request.kinds, addedKinds);
  const kinds = new Set<EventKind>(changes ? added.length > 0 ? added : addedKinds : []);
  if (request.backend ?? true) kinds.add("backend");
  if (request.frontend ?? true) kinds.add("frontend");
  const names = changes ? [...kinds].flatMap((kind) => recordNames[kind]) : [];
  return {
    kinds,
    log: request.log ?? true ? level : undefined,
    repeated: new Set(names),
    logNames: knownPrefixes(request.logNames),
    pulses: request.pulses ?? false,
    heartbeat: heartbeat ?? (changes || since !== undefined),
    opening: changes || heartbeat === true || since !== undefined,
    since,
  };
}

/** Whether a watcher that follows the log wants to see this record of it. */
export function wantsRecord(
  { repeated, logNames }: Pick<WatchFilter, "repeated" | "logNames">,
  { msg, attributes }: LogRecord,
): boolean {
  if (repeated.has(msg)) return false;
  if (logNames.length === 0) return true;
  const about = msg === "log-limited" ? String(attributes["record"] ?? "") : msg;
  return logNames.some((name) => about.startsWith(name));
}

/** So many beginnings each record is compared with: a request has room for thousands. */
const mostLogNames = 16;
/** And so many characters of each are kept for as long as the stream is open. */
const longestLogName = 100;

function knownPrefixes(names: readonly string[]): readonly string[] {
  const known = [...new Set(names)];
  if (known.length > mostLogNames) {
    throw invalid(`log_names has ${known.length} names, and at most ${mostLogNames} are taken`);
  }
  if (known.every(({ length }) => length <= longestLogName)) return known;
  throw invalid(`log_names has a name of more than ${longestLogName} characters`);
}

/**
 * Kinds as a request names them, each once: all events are compared with all of them, and a request
 * has room for thousands of names. Throws InvalidArgument for one that is not among `choices`.
 */
export function knownKinds(names: readonly string[], choices: readonly EventKind[]): EventKind[] {
  return Array.from(new Set(names), (name) => {
    const kind = choices.find((each) => each === name);
    if (kind) return kind;
    throw invalid(`kind ${quoted(name)} is not ${listed(choices)}`);
  });
}

function logLevel(text: string): LogLevel {
  if (text === "") return "info";
  const level = parseLogLevel(text);
  if (level) return level;
  throw invalid(`log_level ${quoted(text)} is not ${listed(logLevels)}`);
}

function listed(choices: readonly string[]): string {
  return `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`;
}

/** How a stream goes on behind what its client has seen. */
export interface Resumption {
  /** What it has missed, oldest first; undefined where that cannot be said. */
  readonly missed: readonly MaglevEvent[] | undefined;
  /** Why not, for the operator; empty if nobody asked. */
  readonly reason: string;
}

/** All events behind `since`, if they are of this run of maglevd and all kept. */
export function resume(
  since: WatchFilter["since"],
  journal: Journal,
  streamId: string,
): Resumption {
  if (!since) return { missed: undefined, reason: "" };
  const { seq } = since;
  if (since.streamId !== streamId) {
    return { missed: undefined, reason: "maglevd was restarted meanwhile" };
  }
  if (seq > journal.newestSeq) {
    const reason = `event ${seq} has not happened yet: the last one is ${journal.newestSeq}`;
    return { missed: undefined, reason };
  }
  const missed = journal.since(Number(seq));
  const reason = missed ? "" : `not all events behind ${seq} are kept`;
  return { missed, reason };
}
