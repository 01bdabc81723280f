import type { HealthCheck } from "../config/mod.ts";
import { because, type EventSink, type Reason } from "../events/mod.ts";
import {
  type BackendInput,
  type BackendState,
  type Health,
  isProbed,
  nextDelay,
  remember,
  type Step,
  step,
  type Transition,
} from "../health/mod.ts";
import type { ProbeResult } from "../probes/mod.ts";
import type { Clock } from "../time/mod.ts";
import type { BackendEntry } from "./backend.ts";
import type { ProbeJob } from "./probing.ts";
import type { CheckerObserver } from "./types.ts";

/** The part of `Probing` that a change of state needs. */
export interface Prober {
  begin(job: ProbeJob<BackendEntry>, withinMs: number): void;
  halt(job: ProbeJob<BackendEntry>): void;
}

/** What {@link States} needs. */
export interface StatesOptions {
  readonly clock: Clock;
  readonly events: EventSink;
  readonly observer: CheckerObserver;
  readonly prober: Prober;
  /** Transitions kept per backend at present. */
  readonly historyLimit: () => number;
  /** Milliseconds within which the first probe by a check comes. */
  readonly firstWithinMs: (check: HealthCheck) => number;
}

/** Carries out what the state machine says: everything that follows from an input, in one step. */
export class States {
  readonly #options: StatesOptions;

  constructor(options: StatesOptions) {
    this.#options = options;
  }

  /** Takes a probe's result in. Returns the delay to the next probe, undefined for no next one. */
  probed(entry: BackendEntry, result: ProbeResult): number | undefined {
    const { clock, observer } = this.#options;
    entry.lastResult = result;
    entry.lastAt = clock.wall();
    entry.untested = false;
    observer.probeDone(entry.name, entry.check.type, result);
    const { ok, code, detail } = result;
    this.input(entry, ok ? "pass" : "fail", { cause: { kind: "probe", code, detail } });
    return delayOf(entry);
  }

  /**
   * A probe could not be made for a lack of our own: it says nothing about the backend, and the
   * next one comes soon. Returns the delay, undefined for no next one.
   */
  lacked(entry: BackendEntry, result: ProbeResult): number | undefined {
    this.#options.observer.probeDone(entry.name, entry.check.type, result);
    const delayMs = delayOf(entry);
    return delayMs === undefined ? undefined : Math.min(delayMs, entry.check.fastIntervalMs);
  }

  /** What an input would do, without doing it. */
  preview(entry: BackendEntry, input: BackendInput): Step {
    return step(entry.health, input, entry.check);
  }

  /** Applies an input to a backend: state, probing, frontends, observer and events. */
  input(entry: BackendEntry, input: BackendInput, reason: Reason): Step {
    const outcome = step(entry.health, input, entry.check);
    if (outcome.kind === "refused") return outcome;
    const { prober, firstWithinMs } = this.#options;
    if (outcome.probing !== "keep") entry.untested = false;
    if (outcome.probing === "start") prober.begin(entry.job, firstWithinMs(entry.check));
    if (outcome.probing === "stop") prober.halt(entry.job);
    this.enter(entry, outcome.health, reason);
    return outcome;
  }

  /** Puts a backend that was not probed into another health, and probes it from now on. */
  begin(entry: BackendEntry, health: Health, reason: Reason): void {
    const { prober, firstWithinMs } = this.#options;
    prober.begin(entry.job, firstWithinMs(entry.check));
    this.enter(entry, health, reason);
  }

  /** Puts a backend into another health and tells what that changes. */
  enter(entry: BackendEntry, health: Health, reason: Reason): void {
    const from = entry.health.state;
    entry.health = health;
    if (from !== health.state) this.#transition(entry, from, reason);
  }

  /** Tells of a backend that is new, unless it is as all new ones are: unknown. */
  introduce(entry: BackendEntry, reason: Reason): void {
    const { health: { state: to }, name: backend, config: { address }, placement } = entry;
    if (to === "unknown") return;
    const transition = { from: "unknown", to, at: this.#options.clock.wall() } as const;
    const { frontends } = placement;
    this.#options.events.emit(because(reason, [
      { kind: "backend", backend, address: address.text, transition, frontends },
    ]));
  }

  #transition(entry: BackendEntry, from: BackendState, reason: Reason): void {
    const { clock, events, observer, historyLimit } = this.#options;
    const to = entry.health.state;
    const at = clock.wall();
    const { cause } = reason;
    const transition: Transition<BackendState> = cause.kind === "probe"
      ? { from, to, at, because: { code: cause.code, detail: cause.detail } }
      : { from, to, at };
    entry.since = at;
    entry.transitions = remember(entry.transitions, transition, historyLimit());
    const { memberships, frontends } = entry.placement;
    for (const { frontend, pool, weight } of memberships) {
      frontend.tally.moved(pool, weight, from, to);
    }
    observer.transition(entry.name, from, to);
    const { name: backend, config: { address } } = entry;
    events.emit([
      ...because(reason, [
        { kind: "backend", backend, address: address.text, transition, frontends },
      ]),
      ...memberships.flatMap((member) => member.frontend.unannounced([member], reason, at)),
    ]);
  }
}

function delayOf({ health: { state, counter }, check }: BackendEntry): number | undefined {
  return isProbed(state) ? nextDelay(state, counter, check) : undefined;
}
