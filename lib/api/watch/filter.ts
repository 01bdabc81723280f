import { type EventKind, eventKinds, recordNames } from "../../events/mod.ts";
import type { StreamPosition, WatchRequest } from "../../gen/maglev_pb.ts";
import { type LogLevel, logLevels, type LogRecord, parseLogLevel } from "../../log/mod.ts";
import { invalid, quoted } from "../../rpc/mod.ts";

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
