import {
  type Actor,
  because,
  type EventSink,
  type OperatorHappening,
  type Reason,
  type ReasonedHappening,
} from "../events/mod.ts";
import type { Clock } from "../time/mod.ts";
import type { FrontendEntry, Membership } from "./frontend.ts";
import type { World } from "./plan.ts";
import type { States } from "./states.ts";
import { type BackendSnapshot, CheckerError, type FrontendSnapshot } from "./types.ts";

/** What an operator may do to a backend. */
export type Verb = "pause" | "resume" | "enable" | "disable";

/** What carrying out an operator's requests needs. */
export interface OperatorContext {
  readonly clock: Clock;
  readonly events: EventSink;
  readonly states: States;
  /** What runs now. */
  readonly world: () => World;
}

/** Where a weight is to be set, and to what. */
export interface WeightRequest {
  readonly frontend: string;
  readonly pool: string;
  readonly backend: string;
  /** 0 to 100. */
  readonly weight: number;
  /** Whether existing flows are to be moved away. */
  readonly flush: boolean;
}

/** What is told of one who gave no name. */
const anybody: Actor = { name: "operator", from: "" };

/** Carries out what operators ask for. What changes nothing is told to nobody. */
export class Operator {
  constructor(private readonly context: OperatorContext) {}

  /** `unknown` is how a backend that does not exist is reported. Throws {@link CheckerError}. */
  steer(
    verb: Verb,
    backend: string,
    unknown: "failed-precondition" | "not-found",
    actor = anybody,
  ): BackendSnapshot {
    const { states, world, events } = this.context;
    const entry = world().backends.get(backend);
    const what = `cannot ${verb} backend ${quoted(backend)}`;
    if (!entry) throw new CheckerError(unknown, `${what}: no such backend`);
    const reason: Reason = { cause: { kind: "operator" }, actor };
    const outcome = states.preview(entry, verb);
    if (outcome.kind === "refused") {
      throw new CheckerError("failed-precondition", `${what}: ${outcome.why}`);
    }
    if (verb === "enable" || verb === "disable") entry.operatorEnabled = verb === "enable";
    entry.said = { by: actor, at: this.context.clock.wall() };
    if (outcome.probing === "keep") return entry.snapshot();
    events.emit(because(reason, [
      { kind: "operator", action: verb, backend, frontend: "", detail: "" },
    ]));
    states.input(entry, verb, reason);
    return entry.snapshot();
  }

  /** Sets a runtime weight. Throws {@link CheckerError}. */
  setWeight(request: WeightRequest, actor = anybody): FrontendSnapshot {
    const { frontend, member } = this.#find(request);
    const { weight, flush } = request;
    const before = member.weight;
    if (before === weight && !flush) return frontend.snapshot();
    const reason: Reason = { cause: { kind: "operator" }, actor };
    const at = this.context.clock.wall();
    if (before !== weight) frontend.reweigh(member, weight, { by: actor, at });
    const told = frontend.unannounced([member], reason, at);
    this.context.events.emit([
      ...because(reason, [weightAction(request, before)]),
      ...(flush ? flushing(told, member, reason) : told),
    ]);
    return frontend.snapshot();
  }

  #find(request: WeightRequest): { frontend: FrontendEntry; member: Membership } {
    const { frontend, pool, backend, weight } = request;
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

function weightAction(
  { frontend, pool, backend, weight, flush }: WeightRequest,
  before: number,
): OperatorHappening {
  const detail = `weight in pool ${pool} ${before} -> ${weight}${flush ? ", flush" : ""}`;
  return { kind: "operator", action: "weight", backend, frontend, detail };
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
