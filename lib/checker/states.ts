import type { HealthCheck } from "../config/mod.ts";
import { because, type EventSink, type Happening, type Reason } from "../events/mod.ts";
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

/** A backend, and the health that it enters. */
export interface Entering {
  readonly entry: BackendEntry;
  readonly health: Health;
  /** Whether it stands for a server of which nothing is known yet. */
  readonly untested: boolean;
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
    if (outcome.probing === "start") prober.begin(entry.job, firstWithinMs(entry.check));
    if (outcome.probing === "stop") prober.halt(entry.job);
    const isResult = input === "pass" || input === "fail";
    const untested = outcome.probing === "keep" && entry.untested && !isResult;
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
    for (const { entry, health, untested } of entries) {
      const { state: from } = entry.health;
      const isSame = from === health.state && entry.untested === untested;
      entry.health = health;
      entry.untested = untested;
      if (isSame) continue;
      for (const { frontend, pool, weight } of entry.placement.memberships) {
        frontend.moved(pool, weight, from, health.state);
      }
      const transition = from === health.state ? undefined : this.#remember(entry, from, reason);
      untold.push(() => this.#tell(entry, transition, reason));
    }
    for (const tell of untold) tell();
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

  #remember(
    entry: BackendEntry,
    from: BackendState,
    { cause }: Reason,
  ): Transition<BackendState> {
    const { clock, historyLimit } = this.#options;
    const to = entry.health.state;
    const at = clock.wall();
    const transition: Transition<BackendState> = cause.kind === "probe"
      ? { from, to, at, because: { code: cause.code, detail: cause.detail } }
      : { from, to, at };
    entry.since = at;
    entry.transitions = remember(entry.transitions, transition, historyLimit());
    return transition;
  }

  #tell(
    entry: BackendEntry,
    transition: Transition<BackendState> | undefined,
    reason: Reason,
  ): void {
    const { clock, events, observer } = this.#options;
    const { name: backend, config: { address }, placement: { memberships, frontends } } = entry;
    const at = clock.wall();
    if (transition) observer.transition(backend, transition.from, transition.to);
    const own: Happening[] = transition
      ? [{ kind: "backend", backend, address: address.text, transition, frontends }]
      : [];
    events.emit([
      ...because(reason, own),
      ...memberships.flatMap((member) => member.frontend.unannounced([member], reason, at)),
    ]);
  }
}

function delayOf({ health: { state, counter }, check }: BackendEntry): number | undefined {
  return isProbed(state) ? nextDelay(state, counter, check) : undefined;
}
