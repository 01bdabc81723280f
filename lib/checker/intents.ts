import { formatDuration } from "../config/mod.ts";
import {
  type Actor,
  because,
  type EventData,
  type EventSink,
  type NewEvent,
  type Reason,
} from "../events/mod.ts";
import type { BackendState } from "../health/mod.ts";
import type { Moment } from "../time/mod.ts";
import type { BackendEntry, Membership } from "./backend.ts";
import type { Engine } from "./engine.ts";
import type { Verb } from "./types.ts";

/** One thing that is to be done because of an operator: to a backend, or to its weight somewhere. */
export type Intent =
  | { readonly kind: "steer"; readonly on: BackendEntry; readonly verb: Verb }
  | {
    readonly kind: "drain";
    readonly on: BackendEntry;
    /** Milliseconds; undefined: as the frontends say. */
    readonly deadlineMs: number | undefined;
  }
  /** It is to be as the file says. */
  | { readonly kind: "forget"; readonly on: BackendEntry }
  | {
    readonly kind: "weigh";
    readonly at: Membership;
    readonly weight: number;
    readonly flush: boolean;
  }
  /** Its weight is to be what the file says. */
  | { readonly kind: "forget-weight"; readonly at: Membership };

/** Who asks, and when. */
export interface Asked {
  readonly reason: Reason;
  readonly by: Actor;
  readonly at: Moment;
}

/** What intents are carried out with. */
export interface Executor {
  readonly events: EventSink;
  readonly engine: Pick<Engine, "states" | "drains" | "holds">;
}

/** The backend that an intent is about. */
export function backendOf(intent: Intent): BackendEntry {
  return "on" in intent ? intent.on : intent.at.backend;
}

/** What brings a backend to what the file says of it; undefined where it is so. */
export function verbToFile(state: BackendState, enabled: boolean): Verb | undefined {
  if (!enabled) return state === "disabled" ? undefined : "disable";
  if (state === "disabled") return "enable";
  return state === "paused" ? "resume" : undefined;
}

/** Does it, and tells what it changes; what changes nothing is told to nobody. */
export function carryOut(intent: Intent, asked: Asked, executor: Executor): void {
  switch (intent.kind) {
    case "steer":
      return steer(intent.on, intent.verb, asked, executor);
    case "drain":
      return drain(intent.on, intent.deadlineMs, asked, executor);
    case "forget":
      return forget(intent.on, asked, executor);
    case "weigh":
      return weigh(intent.at, intent.weight, intent.flush, asked, executor);
    case "forget-weight":
      return forgetWeight(intent.at, asked, executor);
  }
}

function steer(entry: BackendEntry, verb: Verb, { reason, by, at }: Asked, to: Executor): void {
  const { engine: { states, holds } } = to;
  if (verb === "enable" || verb === "disable") entry.operatorEnabled = verb === "enable";
  entry.said = { by, at: at.wall };
  const outcome = states.preview(entry, verb);
  if (outcome.kind === "refused") return;
  const isUndrained = verb === "enable" && entry.drain !== undefined;
  const changes = outcome.probing === "keep"
    ? []
    : [`${entry.health.state} -> ${outcome.health.state}`];
  if (isUndrained) changes.push(drainOver);
  const isLifted = verb === "enable" && entry.hold !== undefined;
  if (isLifted) changes.push(holdOver);
  if (changes.length === 0) return;
  to.events.emit(because(reason, [backendAction(verb, entry, changes.join(", "))]));
  if (isUndrained) undrain(entry, reason, to);
  if (isLifted) holds.lift(entry, reason);
  states.input(entry, verb, reason);
}

function forget(entry: BackendEntry, { reason }: Asked, to: Executor): void {
  const { engine: { states, holds } } = to;
  const verb = verbToFile(entry.state, entry.config.enabled);
  entry.operatorEnabled = undefined;
  entry.said = undefined;
  const outcome = verb && states.preview(entry, verb);
  const changes = outcome?.kind === "done"
    ? [`${entry.health.state} -> ${outcome.health.state}`]
    : [];
  if (entry.drain) changes.push(drainOver);
  if (entry.hold) changes.push(holdOver);
  if (changes.length === 0) return;
  to.events.emit(because(reason, [backendAction("reset", entry, changes.join(", "))]));
  undrain(entry, reason, to);
  holds.lift(entry, reason);
  if (verb) states.input(entry, verb, reason);
}

function undrain(entry: BackendEntry, reason: Reason, { engine: { states } }: Executor): void {
  if (!entry.drain) return;
  const { frontends } = entry.placement;
  states.drain(entry, undefined, { change: "ended", frontends, detail: "" }, reason);
}

/** Asked for again with a time, it begins anew; without, it goes on. */
function drain(
  entry: BackendEntry,
  deadlineMs: number | undefined,
  { reason, by, at }: Asked,
  { events, engine: { states, drains } }: Executor,
): void {
  if (entry.drain && deadlineMs === undefined) return;
  const detail = deadlineMs === undefined ? "" : `for ${formatDuration(deadlineMs)}`;
  const { frontends } = entry.placement;
  events.emit(because(reason, [backendAction("drain", entry, detail)]));
  const begun = { said: { by, at: at.wall }, deadlineMs, overdue: [], drainedAt: undefined };
  states.drain(entry, begun, { change: "begun", frontends, detail }, reason);
  drains.begun(entry);
}

function weigh(
  member: Membership,
  weight: number,
  flush: boolean,
  { reason, by, at }: Asked,
  { events, engine: { holds } }: Executor,
): void {
  const { frontend, weight: before } = member;
  if (before === weight && !flush) return;
  if (before !== weight) frontend.reweigh(member, weight, { by, at: at.wall });
  const told = frontend.unannounced([member], reason, at);
  events.emit([
    ...because(reason, [weightAction(member, before, flush)]),
    ...(flush ? flushing(told, member, reason) : told),
  ]);
  holds.look(member.backend);
}

function forgetWeight(member: Membership, { reason, at }: Asked, to: Executor): void {
  const { frontend, weight: before, fileWeight } = member;
  frontend.reweigh(member, fileWeight, undefined);
  const action = { ...weightAction(member, before, false), action: "reset" } as const;
  to.events.emit([
    ...because(reason, [action]),
    ...frontend.unannounced([member], reason, at),
  ]);
  to.engine.holds.look(member.backend);
}

/** What is said of a drain that comes to its end with something else. */
const drainOver = "no drain any more";

/** The same of a hold because of flaps. */
const holdOver = "not held down any more";

function backendAction(
  action: EventData<"operator">["action"],
  { name: backend }: BackendEntry,
  detail: string,
): EventData<"operator"> {
  return { kind: "operator", action, backend, frontend: "", detail };
}

function weightAction(
  { frontend: { file }, pool, backend, weight }: Membership,
  before: number,
  flush: boolean,
): EventData<"operator"> {
  const poolName = file.pools[pool]?.name ?? "";
  const detail = `weight in pool ${poolName} ${before} -> ${weight}${flush ? ", flush" : ""}`;
  return {
    kind: "operator",
    action: "weight",
    backend: backend.name,
    frontend: file.name,
    detail,
  };
}

/** Says with the member's weight that its flows are to be moved away, whether it changed or not. */
function flushing(
  told: readonly NewEvent[],
  { backend, frontend, pool, told: weights }: Membership,
  reason: Reason,
): NewEvent[] {
  const isIts = (each: NewEvent) => each.kind === "weight" && each.backend === backend.name;
  if (told.some(isIts)) return told.map((each) => isIts(each) ? { ...each, flush: true } : each);
  const { configured, effective } = weights;
  return [
    ...because(reason, [{
      kind: "weight",
      frontend: frontend.file.name,
      pool: frontend.file.pools[pool]?.name ?? "",
      backend: backend.name,
      configured: { from: configured, to: configured },
      effective: { from: effective, to: effective },
      flush: true,
    }]),
    ...told,
  ];
}
