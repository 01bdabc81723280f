import {
  type Actor,
  because,
  type EventSink,
  type OperatorHappening,
  type Reason,
  type ReasonedHappening,
} from "../events/mod.ts";
import type { BackendState } from "../health/mod.ts";
import type { Clock } from "../time/mod.ts";
import { formatDuration } from "../config/mod.ts";
import type { BackendEntry } from "./backend.ts";
import type { Drains } from "./drains.ts";
import type { FlapHolds } from "./flap_holds.ts";
import { Forecast } from "./forecast.ts";
import type { FrontendEntry, Membership } from "./frontend.ts";
import type { Outcome } from "./outcome.ts";
import type { World } from "./plan.ts";
import { atOnce, type Steps } from "./slices.ts";
import type { States } from "./states.ts";
import type { Deed } from "./stroke.ts";
import { CheckerError, type Operation, type Verb, type WeightPlace } from "./types.ts";

/** What carrying out an operator's requests needs. */
export interface OperatorContext {
  readonly clock: Clock;
  readonly events: EventSink;
  readonly states: States;
  readonly drains: Drains;
  readonly holds: Pick<FlapHolds, "lift">;
  /** What runs now. */
  readonly world: () => World;
}

/** What is told of one who gave no name. */
const anybody: Actor = { name: "operator", from: "" };

/** Who asks, and when. */
interface Asked {
  readonly reason: Reason;
  readonly by: Actor;
  /** Unix milliseconds. */
  readonly at: number;
}

/** Does what was found to be possible. */
interface Possible {
  /** What it concerns, or whose weight. */
  readonly on: BackendEntry;
  readonly run: (asked: Asked) => void;
}

/** Operations that were found to be possible. */
export interface Planned {
  /** What they come to. */
  readonly outcome: Outcome;
  /** Makes of them what has to be done, by whoever asks. */
  readonly deeds: (by?: Actor) => readonly Deed[];
}

/** Carries out what operators ask for. What changes nothing is told to nobody. */
export class Operator {
  constructor(private readonly context: OperatorContext) {}

  /** Does all of `operations`, or none. Throws {@link CheckerError}. */
  operate(operations: readonly Operation[], by?: Actor): void {
    for (const { run } of this.deeds(operations, by)) run();
  }

  /** What `operate` would do if it was asked now. Throws what it would throw. */
  deeds(operations: readonly Operation[], by?: Actor): readonly Deed[] {
    return this.#deeds(
      atOnce(this.#prepareAll(operations, new Forecast(this.context.clock.wall()))),
      by,
    );
  }

  /** What `operate` would come to if it was done at the first step. Throws what it would throw. */
  *foresee(operations: readonly Operation[]): Steps<Planned> {
    const forecast = new Forecast(this.context.clock.wall());
    const possible = yield* this.#prepareAll(operations, forecast);
    yield "long";
    const outcome = yield* forecast.outcome();
    return { outcome, deeds: (by) => this.#deeds(possible, by) };
  }

  #deeds(possible: readonly Possible[], by = anybody): readonly Deed[] {
    const reason = { cause: operatorCause, actor: by };
    const asked = { reason, by, at: this.context.clock.wall() };
    return possible.map(({ on, run }) => ({ on, run: () => run(asked) }));
  }

  *#prepareAll(operations: readonly Operation[], forecast: Forecast): Steps<readonly Possible[]> {
    const all: Possible[] = [];
    for (const operation of operations) {
      for (const possible of this.#prepare(operation, forecast)) {
        if (possible) all.push(possible);
        yield;
      }
    }
    return all;
  }

  /** Looks whether an operation is possible after those that were forecast before, step by step. */
  *#prepare(operation: Operation, forecast: Forecast): Generator<Possible | undefined> {
    switch (operation.action) {
      case "pause":
      case "resume":
      case "enable":
      case "disable":
        return yield this.#prepareSteering(operation.action, operation.backend, forecast);
      case "drain":
        return yield this.#prepareDrain(operation.backend, operation.deadlineMs, forecast);
      case "weight": {
        const { member, frontend } = this.#find(operation);
        const { weight, flush } = operation;
        forecast.weigh(member, weight);
        const run = (asked: Asked) => this.#weigh(frontend, member, weight, flush, asked);
        return yield { on: member.backend, run };
      }
      case "reset": {
        const entry = this.context.world().backends.get(operation.backend);
        if (entry) return yield* this.#prepareReset([entry], entry.placement.memberships, forecast);
        const what = `cannot reset backend ${quoted(operation.backend)}`;
        throw new CheckerError("not-found", `${what}: no such backend`);
      }
      case "reset-weight": {
        const { member } = this.#find({ ...operation, weight: 0 });
        return yield* this.#prepareReset([], [member], forecast);
      }
      case "reset-frontend": {
        const entry = this.context.world().frontends.get(operation.frontend);
        if (entry) return yield* this.#prepareReset([], entry.members.values(), forecast);
        const what = `cannot reset frontend ${quoted(operation.frontend)}`;
        throw new CheckerError("not-found", `${what}: no such frontend`);
      }
      case "reset-all": {
        const { backends, frontends } = this.context.world();
        yield* this.#prepareReset(backends.values(), [], forecast);
        for (const { config, file, members } of frontends.values()) {
          if (config !== file) yield* this.#prepareReset([], members.values(), forecast);
          else yield;
        }
      }
    }
  }

  /** Makes backends and weights what the file says. */
  *#prepareReset(
    backends: Iterable<BackendEntry>,
    members: Iterable<Membership>,
    forecast: Forecast,
  ): Generator<Possible | undefined> {
    for (const entry of backends) {
      const verb = verbToFile(forecast.stateOf(entry), entry.config.enabled);
      if (verb) forecast.steer(entry, verb);
      if (entry.drain) forecast.drain(entry, false);
      const isAsInFile = !verb && !entry.drain && !entry.hold && !entry.said &&
        entry.operatorEnabled === undefined;
      yield isAsInFile
        ? undefined
        : { on: entry, run: (asked) => this.#forget(entry, verb, asked) };
    }
    for (const member of members) {
      if (forecast.weightOf(member) === member.fileWeight) {
        yield;
        continue;
      }
      forecast.weigh(member, member.fileWeight);
      yield { on: member.backend, run: (asked) => this.#forgetWeight(member, asked) };
    }
  }

  #forget(entry: BackendEntry, verb: Verb | undefined, { reason }: Asked): void {
    const { states, events } = this.context;
    entry.operatorEnabled = undefined;
    entry.said = undefined;
    const outcome = verb && states.preview(entry, verb);
    const changes = outcome?.kind === "done"
      ? [`${entry.health.state} -> ${outcome.health.state}`]
      : [];
    if (entry.drain) changes.push(drainOver);
    if (entry.hold) changes.push(holdOver);
    if (changes.length === 0) return;
    const detail = changes.join(", ");
    events.emit(because(reason, [
      { kind: "operator", action: "reset", backend: entry.name, frontend: "", detail },
    ]));
    this.#undrain(entry, reason);
    this.context.holds.lift(entry, reason);
    if (verb) states.input(entry, verb, reason);
  }

  #undrain(entry: BackendEntry, reason: Reason): void {
    if (!entry.drain) return;
    const { frontends } = entry.placement;
    this.context.states.drain(entry, undefined, { change: "ended", frontends, detail: "" }, reason);
  }

  #prepareDrain(
    backend: string,
    deadlineMs: number | undefined,
    forecast: Forecast,
  ): Possible {
    const what = `cannot drain backend ${quoted(backend)}`;
    const entry = this.context.world().backends.get(backend);
    if (!entry) throw new CheckerError("not-found", `${what}: no such backend`);
    if (deadlineMs !== undefined && !(deadlineMs > 0 && deadlineMs <= longestDrainMs)) {
      const why = `the time has to be above 0 and at most 24h, not ${deadlineMs} ms`;
      throw new CheckerError("invalid-argument", `${what}: ${why}`);
    }
    if (forecast.stateOf(entry) === "disabled") {
      const why = "it is disabled and its flows are moved away; enable it first";
      throw new CheckerError("failed-precondition", `${what}: ${why}`);
    }
    forecast.drain(entry, true);
    return { on: entry, run: (asked) => this.#drain(entry, deadlineMs, asked) };
  }

  /** Asked for again with a time, it begins anew; without, it goes on. */
  #drain(entry: BackendEntry, deadlineMs: number | undefined, { reason, by, at }: Asked): void {
    const { states, events, drains } = this.context;
    if (entry.drain && deadlineMs === undefined) return;
    const detail = deadlineMs === undefined ? "" : `for ${formatDuration(deadlineMs)}`;
    const { name: backend, placement: { frontends } } = entry;
    events.emit(because(reason, [
      { kind: "operator", action: "drain", backend, frontend: "", detail },
    ]));
    const drain = { said: { by, at }, deadlineMs, overdue: [], drainedAt: undefined };
    states.drain(entry, drain, { change: "begun", frontends, detail }, reason);
    drains.look();
  }

  #forgetWeight(member: Membership, { reason, at }: Asked): void {
    const { frontend, weight: before, fileWeight } = member;
    frontend.reweigh(member, fileWeight, undefined);
    const action = { ...weightAction(member, before, false), action: "reset" } as const;
    this.context.events.emit([
      ...because(reason, [action]),
      ...frontend.unannounced([member], reason, at),
    ]);
  }

  #prepareSteering(verb: Verb, backend: string, forecast: Forecast): Possible {
    const what = `cannot ${verb} backend ${quoted(backend)}`;
    const entry = this.context.world().backends.get(backend);
    if (!entry) {
      const isPause = verb === "pause" || verb === "resume";
      const kind = isPause ? "failed-precondition" : "not-found";
      throw new CheckerError(kind, `${what}: no such backend`);
    }
    const outcome = forecast.steer(entry, verb);
    if (outcome.kind === "refused") {
      throw new CheckerError("failed-precondition", `${what}: ${outcome.why}`);
    }
    return { on: entry, run: (asked) => this.#steer(entry, verb, asked) };
  }

  #steer(entry: BackendEntry, verb: Verb, { reason, by, at }: Asked): void {
    const { states, events } = this.context;
    if (verb === "enable" || verb === "disable") entry.operatorEnabled = verb === "enable";
    entry.said = { by, at };
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
    const detail = changes.join(", ");
    events.emit(because(reason, [
      { kind: "operator", action: verb, backend: entry.name, frontend: "", detail },
    ]));
    if (isUndrained) this.#undrain(entry, reason);
    if (isLifted) this.context.holds.lift(entry, reason);
    states.input(entry, verb, reason);
  }

  #weigh(
    frontend: FrontendEntry,
    member: Membership,
    weight: number,
    flush: boolean,
    { reason, by, at }: Asked,
  ): void {
    const before = member.weight;
    if (before === weight && !flush) return;
    if (before !== weight) frontend.reweigh(member, weight, { by, at });
    const told = frontend.unannounced([member], reason, at);
    this.context.events.emit([
      ...because(reason, [weightAction(member, before, flush)]),
      ...(flush ? flushing(told, member, reason) : told),
    ]);
  }

  #find(place: WeightPlace & { weight: number }): { frontend: FrontendEntry; member: Membership } {
    const { frontend, pool, backend, weight } = place;
    const what = `cannot set the weight of backend ${quoted(backend)} in pool ${quoted(pool)} of ` +
      `frontend ${quoted(frontend)}`;
    if (!Number.isInteger(weight) || weight < 0 || weight > 100) {
      const why = `a weight is a whole number from 0 to 100, not ${weight}`;
      throw new CheckerError("invalid-argument", `${what}: ${why}`);
    }
    const missing = (kind: string) => new CheckerError("not-found", `${what}: no such ${kind}`);
    const entry = this.context.world().frontends.get(frontend);
    if (!entry) throw missing("frontend");
    const index = entry.file.pools.findIndex(({ name }) => name === pool);
    if (index < 0) throw missing("pool");
    const member = entry.members.get(backend);
    if (member?.pool !== index) throw missing("backend");
    return { frontend: entry, member };
  }
}

/** What brings a backend to what the file says of it; undefined where it is so. */
function verbToFile(state: BackendState, enabled: boolean): Verb | undefined {
  if (!enabled) return state === "disabled" ? undefined : "disable";
  if (state === "disabled") return "enable";
  return state === "paused" ? "resume" : undefined;
}

/** As long as the file may say, in milliseconds. */
const longestDrainMs = 24 * 3_600_000;

/** What is said of a drain that comes to its end with something else. */
const drainOver = "no drain any more";

/** The same of a hold because of flaps. */
const holdOver = "not held down any more";

const operatorCause = { kind: "operator" } as const;

function weightAction(
  { frontend: { file }, pool, backend, weight }: Membership,
  before: number,
  flush: boolean,
): OperatorHappening {
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
  told: readonly ReasonedHappening[],
  { backend, frontend, pool, told: weights }: Membership,
  reason: Reason,
): ReasonedHappening[] {
  const isIts = (each: ReasonedHappening) =>
    each.kind === "weight" && each.backend === backend.name;
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

/** Characters of a name that a message repeats: a request may hold a long one that nothing has. */
const shownCharacters = 200;

function quoted(name: string): string {
  const cut = name.length > shownCharacters ? `${name.slice(0, shownCharacters)}…` : name;
  return `"${cut.toWellFormed()}"`;
}
