import { type EventKind, eventKinds, recordNames } from "../../events/mod.ts";
import type { StreamPosition, WatchRequest } from "../../gen/maglev_pb.ts";
import { type LogLevel, logLevels, parseLogLevel } from "../../log/mod.ts";
import { invalid, quoted } from "../errors.ts";

/** What one watcher wants to see. */
export interface WatchFilter {
  /** Kinds of change. */
  readonly kinds: ReadonlySet<EventKind>;
  /** Undefined for no log records. */
  readonly log: LogLevel | undefined;
  /** Names of log records that would only repeat what events of the stream tell. */
  readonly repeated: ReadonlySet<string>;
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
    pulses: request.pulses ?? false,
    heartbeat: heartbeat ?? (changes || since !== undefined),
    opening: changes || heartbeat === true || since !== undefined,
    since,
  };
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
