import type { HealthCheck } from "../config/mod.ts";
import { because, type EventData, type EventSink, type Reason } from "../events/mod.ts";
import {
  type BackendInput,
  type BackendState,
  type Health,
  type Step,
  step,
  type Transition,
} from "../health/mod.ts";
import type { DatedResult, Probing } from "../probing/mod.ts";
import { type Clock, momentOf } from "../time/mod.ts";
import type { BackendEntry, Membership } from "./backend.ts";
import { flapHoldNews, type FlapHolds } from "./flap_holds.ts";
import type { FrontendEntry } from "./frontend.ts";
import type { CheckerObserver, Drain } from "./types.ts";

/** What an engine works with. */
export interface EngineOptions {
  readonly clock: Clock;
  readonly events: EventSink;
  readonly observer: CheckerObserver;
  readonly probing: Pick<
    Probing<BackendEntry>,
    "aim" | "halt" | "outdate" | "retime" | "forget"
  >;
  /** Milliseconds within which the first probe by a check comes. */
  readonly firstWithinMs: (check: HealthCheck) => number;
}

/** What {@link States} needs. */
export interface StatesOptions extends EngineOptions {
  /** Transitions kept per backend at present. */
  readonly historyLimit: () => number;
  /** Who looks after those that flap. */
  readonly holds: () => Pick<FlapHolds, "changed" | "look">;
  /** Called when somebody has come up in a frontend that has a slow start. */
  readonly risen: (frontend: FrontendEntry) => void;
}

/** A backend, and the health that it enters. */
export interface Entering {
  readonly entry: BackendEntry;
  readonly health: Health;
  /** Whether it stands for a server of which nothing is known yet. */
  readonly untested: boolean;
}

/** What is told of a drain. */
export type DrainNews = Pick<EventData<"drain">, "change" | "frontends" | "detail">;

/** What moves the state machine besides probes. */
export type Steering = Exclude<BackendInput, "pass" | "fail">;

/** Carries out what the state machine says: everything that follows from an input, in one step. */
export class States {
  constructor(private readonly options: StatesOptions) {}

  /** Takes in what probes have found out. */
  probed(entry: BackendEntry, health: Health, { code, detail }: DatedResult): void {
    const reason: Reason = { cause: { kind: "probe", code, detail } };
    const { state: from } = entry;
    const { holds } = this.options;
    if (!entry.hold) {
      this.enterAll([{ entry, health, untested: false }], reason);
      return holds().changed(entry, from, reason);
    }
    // It stays down; whether it may be up all the same is decided there.
    const isUp = health.state === "up";
    entry.found = isUp ? health : undefined;
    this.enterAll([{ entry, health: isUp ? entry.health : health, untested: false }], reason);
    holds().look(entry);
  }

  /** What an input would do, without doing it. */
  preview(entry: BackendEntry, input: Steering): Step {
    return step(entry.health, input, entry.check);
  }

  /** Applies an input to a backend: state, probing, frontends, observer and events. */
  input(entry: BackendEntry, input: Steering, reason: Reason): Step {
    const outcome = step(entry.health, input, entry.check);
    if (outcome.kind === "refused") return outcome;
    const { probing, firstWithinMs } = this.options;
    if (outcome.probing === "start") {
      probing.aim(entry.job, outcome.health, firstWithinMs(entry.check));
    }
    if (outcome.probing === "stop") probing.halt(entry.job);
    const untested = outcome.probing === "keep" && entry.untested;
    const isChange = outcome.health !== entry.health || untested !== entry.untested;
    if (isChange) this.enterAll([{ entry, health: outcome.health, untested }], reason);
    return outcome;
  }

  /**
   * Puts backends into other healths at one stroke, so that nobody sees some of them changed and
   * others not yet, and tells what that changes.
   */
  enterAll(entries: Iterable<Entering>, reason: Reason): void {
    const untold: (() => void)[] = [];
    const moved: BackendEntry[] = [];
    for (const { entry, health, untested } of entries) {
      const { health: { state: from }, memberships } = entry;
      const isSame = from === health.state && entry.untested === untested;
      entry.health = health;
      entry.untested = untested;
      if (isSame) continue;
      if (endsDrain(health.state) && entry.drain) {
        entry.drain = undefined;
        untold.push(() => this.#tellDrain(entry, ended(entry, health.state), reason));
      }
      this.#move(memberships, reason);
      moved.push(entry);
      const transition = from === health.state ? undefined : this.#remember(entry, from, reason);
      untold.push(() => this.#tell(entry, transition, reason));
    }
    for (const tell of untold) tell();
    for (const entry of moved) this.options.holds().look(entry);
  }

  /** Begins a drain, ends it, or notes how far it is, and tells what that changes. */
  drain(entry: BackendEntry, drain: Drain | undefined, news: DrainNews, reason: Reason): void {
    const { memberships } = entry;
    if (drain?.said !== entry.drain?.said) {
      entry.drainBegan = this.options.clock.now();
      entry.drainTraffic = undefined;
    }
    entry.drain = drain;
    this.#move(memberships, reason);
    this.#tellDrain(entry, news, reason);
    this.#tell(entry, undefined, reason);
    this.options.holds().look(entry);
  }

  /** Tells of a backend that is new, unless it is as all new ones are: unknown. */
  introduce(entry: BackendEntry, reason: Reason): void {
    const { clock, events } = this.options;
    const { state: to, name: backend, config: { address }, placement: { frontends } } = entry;
    const detail = "under its new name";
    if (entry.drain) {
      this.#tellDrain(entry, { change: "begun", frontends, detail }, reason);
      const isDrained = entry.drain.drainedAt !== undefined;
      if (isDrained) this.#tellDrain(entry, { change: "drained", frontends, detail }, reason);
    }
    if (entry.hold) events.emit(because(reason, [flapHoldNews(entry, "begun", detail)]));
    if (to === "unknown") return;
    const transition = { from: "unknown", to, at: clock.wall() } as const;
    events.emit(because(reason, [
      { kind: "backend", backend, address: address.text, transition, frontends },
    ]));
  }

  /** A backend stands otherwise than when these were asked for, as they are to be before. */
  #move(memberships: readonly Membership[], reason: Reason): void {
    const { clock } = this.options;
    const moment = momentOf(clock);
    for (const member of memberships) {
      if (member.frontend.moved(member, moment, reason)) this.options.risen(member.frontend);
    }
  }

  #tellDrain({ name: backend }: BackendEntry, news: DrainNews, reason: Reason): void {
    this.options.events.emit(because(reason, [{ kind: "drain", backend, ...news }]));
  }

  #remember(
    entry: BackendEntry,
    from: BackendState,
    { cause }: Reason,
  ): Transition<BackendState> {
    const { clock, historyLimit } = this.options;
    const to = entry.health.state;
    const at = clock.wall();
    const transition: Transition<BackendState> = cause.kind === "probe"
      ? { from, to, at, because: { code: cause.code, detail: cause.detail } }
      : { from, to, at };
    entry.remember(transition, historyLimit());
    return transition;
  }

  #tell(
    entry: BackendEntry,
    transition: Transition<BackendState> | undefined,
    reason: Reason,
  ): void {
    const { clock, events, observer } = this.options;
    const { name: backend, config: { address }, placement: { memberships, frontends } } = entry;
    const at = momentOf(clock);
    if (transition) observer.transition(backend, transition.from, transition.to);
    const own: EventData[] = transition
      ? [{ kind: "backend", backend, address: address.text, transition, frontends }]
      : [];
    events.emit([
      ...because(reason, own),
      ...memberships.flatMap((member) => member.frontend.unannounced([member], reason, at)),
    ]);
  }
}

/** Whether a drain makes no sense any more: nobody waits for what is out of service anyway. */
function endsDrain(state: BackendState): boolean {
  return state === "disabled" || state === "removed";
}

function ended({ placement: { frontends } }: BackendEntry, state: BackendState): DrainNews {
  return { change: "ended", frontends, detail: `it is ${state}` };
}
