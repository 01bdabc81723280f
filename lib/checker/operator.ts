import { formatDuration } from "../config/mod.ts";
import { type Actor, type EventSink, OperatorError } from "../events/mod.ts";
import { type BackendState, type Health, type Step, step } from "../health/mod.ts";
import { atOnce, type Clock, momentOf, type Steps } from "../time/mod.ts";
import type { BackendEntry, Membership } from "./backend.ts";
import type { Engine } from "./engine.ts";
import { type Asked, backendOf, carryOut, type Intent, verbToFile } from "./intents.ts";
import type { Outcome } from "./outcome.ts";
import { dryRunIntents } from "./dry_run.ts";
import type { Operation, Verb, WeightPlace } from "./types.ts";

/** What carrying out an operator's requests needs. */
export interface OperatorContext {
  readonly clock: Clock;
  readonly events: EventSink;
  readonly engine: Engine;
}

/** What is told of one who gave no name. */
const anybody: Actor = { name: "operator", from: "" };

/** One change of many: to a backend, or to its weight in a frontend. */
export interface TransactionChange {
  readonly on: BackendEntry;
  readonly run: () => void;
}

/** Operations that were found to be possible. */
export interface Planned {
  /** What they come to. */
  readonly outcome: Outcome;
  /** Makes of them what has to be done, by whoever asks. */
  readonly changes: (by?: Actor) => readonly TransactionChange[];
}

/** Carries out what operators ask for. What changes nothing is told to nobody. */
export class Operator {
  constructor(private readonly context: OperatorContext) {}

  /** What `operations` would change if they were done now, all or none. Throws {@link OperatorError}. */
  changes(operations: readonly Operation[], by?: Actor): readonly TransactionChange[] {
    return this.#changes(atOnce(this.#intents(operations)), by);
  }

  /** What they would come to if they were done at the first step. Throws {@link OperatorError}. */
  *foresee(operations: readonly Operation[]): Steps<Planned> {
    const intents = yield* this.#intents(operations);
    yield;
    const { engine: { generation }, clock } = this.context;
    const outcome = yield* dryRunIntents(generation, intents, this.#asked(anybody), clock);
    return { outcome, changes: (by) => this.#changes(intents, by) };
  }

  #changes(intents: readonly Intent[], by = anybody): readonly TransactionChange[] {
    const asked = this.#asked(by);
    return intents.map((intent) => ({
      on: backendOf(intent),
      run: () => carryOut(intent, asked, this.context),
    }));
  }

  #asked(by: Actor): Asked {
    const reason = { cause: operatorCause, actor: by };
    return { reason, by, at: momentOf(this.context.clock) };
  }

  *#intents(operations: readonly Operation[]): Steps<readonly Intent[]> {
    const all: Intent[] = [];
    const projection = new Projection();
    for (const operation of operations) {
      for (const intent of this.#prepare(operation, projection)) {
        if (intent) all.push(intent);
        yield;
      }
    }
    return all;
  }

  /** Looks whether an operation is possible after those before it, step by step. */
  *#prepare(operation: Operation, projection: Projection): Generator<Intent | undefined> {
    const { generation } = this.context.engine;
    switch (operation.action) {
      case "pause":
      case "resume":
      case "enable":
      case "disable":
        return yield this.#prepareSteering(operation.action, operation.backend, projection);
      case "drain":
        return yield this.#prepareDrain(operation.backend, operation.deadlineMs, projection);
      case "weight": {
        const { weight, flush } = operation;
        const at = this.#find(operation);
        projection.weigh(at, weight);
        return yield { kind: "weigh", at, weight, flush };
      }
      case "reset": {
        const entry = generation.backends.get(operation.backend);
        if (entry) return yield* resets([entry], entry.memberships, projection);
        const what = `cannot reset backend ${quoted(operation.backend)}`;
        throw new OperatorError("not-found", `${what}: no such backend`);
      }
      case "reset-weight":
        return yield* resets([], [this.#find({ ...operation, weight: 0 })], projection);
      case "reset-frontend": {
        const entry = generation.frontends.get(operation.frontend);
        if (entry) return yield* resets([], entry.members.values(), projection);
        const what = `cannot reset frontend ${quoted(operation.frontend)}`;
        throw new OperatorError("not-found", `${what}: no such frontend`);
      }
      case "reset-all": {
        const { backends, frontends } = generation;
        yield* resets(backends.values(), [], projection);
        for (const { config, file, members } of frontends.values()) {
          if (config === file && projection.isWeightless) yield;
          else yield* resets([], members.values(), projection);
        }
      }
    }
  }

  #prepareDrain(backend: string, deadlineMs: number | undefined, projection: Projection): Intent {
    const what = `cannot drain backend ${quoted(backend)}`;
    const on = this.context.engine.generation.backends.get(backend);
    if (!on) throw new OperatorError("not-found", `${what}: no such backend`);
    if (deadlineMs !== undefined && !(deadlineMs > 0 && deadlineMs <= longestDrainMs)) {
      const given = deadlineMs < 0 ? "less" : formatDuration(deadlineMs);
      const why = `the time has to be above 0 and at most 24h, not ${given}`;
      throw new OperatorError("invalid-argument", `${what}: ${why}`);
    }
    if (projection.stateOf(on) === "disabled") {
      const why = "it is disabled and its flows are moved away; enable it first";
      throw new OperatorError("failed-precondition", `${what}: ${why}`);
    }
    projection.drain(on);
    return { kind: "drain", on, deadlineMs };
  }

  #prepareSteering(verb: Verb, backend: string, projection: Projection): Intent {
    const what = `cannot ${verb} backend ${quoted(backend)}`;
    const on = this.context.engine.generation.backends.get(backend);
    if (!on) {
      const isPause = verb === "pause" || verb === "resume";
      const kind = isPause ? "failed-precondition" : "not-found";
      throw new OperatorError(kind, `${what}: no such backend`);
    }
    const outcome = projection.steer(on, verb);
    if (outcome.kind === "refused") {
      throw new OperatorError("failed-precondition", `${what}: ${outcome.why}`);
    }
    return { kind: "steer", on, verb };
  }

  #find(place: WeightPlace & { weight: number }): Membership {
    const { frontend, pool, backend, weight } = place;
    const what = `cannot set the weight of backend ${quoted(backend)} in pool ${quoted(pool)} of ` +
      `frontend ${quoted(frontend)}`;
    if (!Number.isInteger(weight) || weight < 0 || weight > 100) {
      const why = `a weight is a whole number from 0 to 100, not ${weight}`;
      throw new OperatorError("invalid-argument", `${what}: ${why}`);
    }
    const missing = (kind: string) => new OperatorError("not-found", `${what}: no such ${kind}`);
    const entry = this.context.engine.generation.frontends.get(frontend);
    if (!entry) throw missing("frontend");
    const index = entry.file.pools.findIndex(({ name }) => name === pool);
    if (index < 0) throw missing("pool");
    const member = entry.members.get(backend);
    if (member?.pool !== index) throw missing("backend");
    return member;
  }
}

/** Makes backends and weights what the file says, where they are not. */
function* resets(
  backends: Iterable<BackendEntry>,
  members: Iterable<Membership>,
  projection: Projection,
): Generator<Intent | undefined> {
  for (const on of backends) {
    const verb = verbToFile(projection.stateOf(on), on.config.enabled);
    const { drain, hold, said } = on;
    const isAsInFile = !verb && !drain && !hold && !said && !projection.isTouched(on);
    if (verb) projection.steer(on, verb);
    yield isAsInFile ? undefined : { kind: "forget", on };
  }
  for (const at of members) {
    const isAsInFile = projection.weightOf(at) === at.fileWeight;
    if (!isAsInFile) projection.weigh(at, at.fileWeight);
    yield isAsInFile ? undefined : { kind: "forget-weight", at };
  }
}

/** As long as the file may say, in milliseconds. */
const longestDrainMs = 24 * 3_600_000;

const operatorCause = { kind: "operator" } as const;

/** Characters of a name that a message repeats: a request may hold a long one that nothing has. */
const shownCharacters = 200;

function quoted(name: string): string {
  const cut = name.length > shownCharacters ? `${name.slice(0, shownCharacters)}…` : name;
  return `"${cut.toWellFormed()}"`;
}

/** What operations that were found to be possible would have made of backends and weights. */
class Projection {
  readonly #healths = new Map<BackendEntry, Health>();
  readonly #weights = new Map<Membership, number>();
  readonly #touched = new Set<BackendEntry>();

  /** Steers a backend after all that went before. */
  steer(entry: BackendEntry, verb: Verb): Step {
    const outcome = step(this.#healths.get(entry) ?? entry.health, verb, entry.check);
    if (outcome.kind === "done") this.#healths.set(entry, outcome.health);
    this.#touched.add(entry);
    return outcome;
  }

  /** Drains a backend. */
  drain(entry: BackendEntry): void {
    this.#touched.add(entry);
  }

  /** Whether anything was said of a backend's state. */
  isTouched(entry: BackendEntry): boolean {
    return this.#touched.has(entry);
  }

  /** What a backend's state would be, as far as operators decide about it. */
  stateOf(entry: BackendEntry): BackendState {
    return this.#healths.get(entry)?.state ?? entry.state;
  }

  /** Whether the weights that are in force would be those of now. */
  get isWeightless(): boolean {
    return this.#weights.size === 0;
  }

  /** What a weight would be. */
  weightOf(member: Membership): number {
    return this.#weights.get(member) ?? member.weight;
  }

  /** Sets a weight. */
  weigh(member: Membership, weight: number): void {
    this.#weights.set(member, weight);
  }
}
