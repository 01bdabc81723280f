import { type Config, configDiffSteps, type HealthCheck } from "../config/mod.ts";
import { type Actor, because, type EventStream, type Reason } from "../events/mod.ts";
import type { Logger } from "../log/mod.ts";
import type { ProbeResult } from "../probes/mod.ts";
import { Probing, type StartProbing } from "../probing/mod.ts";
import { atOnce, type Clock, inSlices, type Moment, momentOf, type Steps } from "../time/mod.ts";
import type { BackendEntry } from "./backend.ts";
import type { TrafficSource } from "./drains.ts";
import { Engine } from "./engine.ts";
import { type SavedFailOpen, savedFailOpen } from "./fail_open.ts";
import { Impairment } from "./impairment.ts";
import { ProbeObservers } from "./observer.ts";
import { Operations } from "./operations.ts";
import type { Outcome } from "./outcome.ts";
import { emptyGeneration, type Plan, planReload } from "./plan.ts";
import { removalRefusal } from "./removals.ts";
import {
  forgottenWeights,
  restore,
  type Restored,
  type SavedBackend,
  savedBackend,
} from "./saved.ts";
import { dryRunReload } from "./dry_run.ts";
import {
  type BackendSnapshot,
  type BackendTrend,
  type CheckerControl,
  type CheckerObserver,
  type CheckerStats,
  type CheckerView,
  type ForeseenReload,
  type FrontendSnapshot,
  type Operation,
  type ProbingImpaired,
  type ReloadOutcome,
  ReloadRefused,
  type SavedWeight,
} from "./types.ts";

/** What a checker is made of. */
export interface CheckerOptions {
  /** The first configuration, validated. */
  readonly config: Config;
  /** Who probes backends. */
  readonly probing: StartProbing;
  /** Stamps transitions. */
  readonly clock: Clock;
  /** Takes what is wrong. */
  readonly log: Logger;
  /** Is told all that happens. */
  readonly events: EventStream;
  /** Counts for the metrics. */
  readonly observer?: CheckerObserver;
  /** What was known when the process ended before. */
  readonly restored?: Restored | undefined;
}

/** How a reload is asked for. */
export interface ReloadOptions {
  /** Who asks. */
  readonly actor?: Actor | undefined;
  /** It is meant, however much it takes out of service. */
  readonly isForced?: boolean;
}

/**
 * Probes the backends of a configuration and keeps their states and those of the frontends:
 * docs/healthchecks.md. Probing starts at once. Whoever makes it closes it.
 */
export class Checker implements CheckerView, CheckerControl, Disposable {
  readonly events: EventStream;
  readonly #closing = new AbortController();
  readonly #observers: ProbeObservers;
  readonly #impairment: Impairment;
  readonly #operations: Operations;
  readonly #engine: Engine;
  readonly #probing: Probing<BackendEntry>;
  readonly #clock: Clock;
  #reloading: Promise<unknown> = Promise.resolve();

  /** Starts probing the backends of `config`. Throws when it contradicts itself. */
  constructor(options: CheckerOptions) {
    const { config, clock, events, log } = options;
    this.events = events;
    this.#clock = clock;
    this.#observers = new ProbeObservers(
      options.observer,
      log,
      (wanted) => probing.watch(wanted),
    );
    this.#impairment = new Impairment(clock, events);
    const firstWithinMs = (check: HealthCheck) => firstProbeWithinMs(this.config, check);
    const probing: Probing<BackendEntry> = this.#probing = new Probing({
      start: options.probing,
      onVerdict: (entry, health, result) => engine.states.probed(entry, health, result),
      onLack: (entry, result) => this.#impairment.note(entry, result),
      onPulse: ({ name }, result) => this.#observers.pulse(name, result),
      onTally: ({ name }, type, counts) => this.#observers.probesDone(name, type, counts),
    });
    const observer = this.#observers;
    const engine: Engine = this.#engine = new Engine(
      { clock, events, probing, observer, firstWithinMs },
      emptyGeneration(config),
    );
    this.#operations = new Operations({ closing: this.#closing.signal, events, clock, engine });
    atOnce(this.#begin(config, options.restored));
  }

  get config(): Config {
    return this.#engine.generation.config;
  }

  backendNames(): readonly string[] {
    return this.#engine.generation.backendNames;
  }

  frontendNames(): readonly string[] {
    return this.#engine.generation.frontendNames;
  }

  healthcheckNames(): readonly string[] {
    return this.#engine.generation.healthcheckNames;
  }

  backend(name: string): BackendSnapshot | undefined {
    const entry = this.#engine.generation.backends.get(name);
    return entry && this.#operations.backend(entry);
  }

  trend(backend: string): BackendTrend | undefined {
    return this.#engine.generation.backends.get(backend)?.trend(this.#clock.wall());
  }

  /** A frontend as it is now; the same object until something changes. */
  frontend(name: string): FrontendSnapshot | undefined {
    const entry = this.#engine.generation.frontends.get(name);
    return entry && this.#operations.frontend(entry);
  }

  healthcheck(name: string): HealthCheck | undefined {
    return this.#engine.generation.config.healthchecks.get(name);
  }

  /** What is to be kept of a backend beyond the life of the process. */
  saved(backend: string): SavedBackend | undefined {
    const entry = this.#engine.generation.backends.get(backend);
    return entry && savedBackend(entry, this.#moment);
  }

  /** The weights of a frontend that operators have set. */
  savedWeights(frontend: string): SavedWeight[] {
    return this.#engine.generation.frontends.get(frontend)?.weightsByHand() ?? [];
  }

  /** What is to be kept of a frontend's fail-open; undefined where it can never begin. */
  savedFailOpen(frontend: string): SavedFailOpen | undefined {
    const entry = this.#engine.generation.frontends.get(frontend);
    return entry && savedFailOpen(entry.standings, this.#moment);
  }

  watchProbes(listener: (backend: string, result: ProbeResult) => void): () => void {
    return this.#observers.watch(listener);
  }

  runningProbes(forMs: number): ReadonlyMap<string, number> {
    const running = new Map<string, number>();
    const latest = this.#clock.wall() - forMs;
    for (const [{ name }, since] of this.#probing.running(latest)) running.set(name, since);
    return running;
  }

  /** From now on `source` tells what VPP sends to servers: when drained backends are drained. */
  watchTraffic(source: TrafficSource): void {
    this.#engine.drains.watch(source);
  }

  /** How probing keeps up. */
  stats(): CheckerStats {
    return this.#probing.stats();
  }

  /** Tells the observer what probes were counted since it was told last, a backend a step. */
  *tally(): Generator<void, void> {
    for (const { job } of this.#engine.generation.backends.values()) {
      this.#probing.tally(job);
      yield;
    }
  }

  /** What cannot be probed at present for a lack of our own; undefined: nothing. */
  get impaired(): ProbingImpaired | undefined {
    return this.#impairment.state();
  }

  operate(operations: readonly Operation[], actor?: Actor): Outcome {
    return this.#operations.operate(operations, actor);
  }

  foresee(operations: readonly Operation[]): Outcome {
    return this.#operations.foresee(operations);
  }

  /** The same as `operate` for thousands of operations, done in slices and seen at one stroke. */
  operateMany(operations: readonly Operation[], actor?: Actor): Promise<Outcome> {
    return this.#operations.operateMany(operations, actor);
  }

  /** What `operateMany` would come to if it began now, worked out in slices. */
  foreseeMany(operations: readonly Operation[]): Promise<Outcome> {
    return this.#operations.foreseeMany(operations);
  }

  /** What `reload` would come to if it began now, worked out in slices. */
  async foreseeReload(config: Config): Promise<ForeseenReload> {
    return await this.#inSlices(this.#foreseen(config));
  }

  /**
   * Puts another configuration in force, in slices that leave the event loop alone. Resolves
   * when the `reload` event was told, with what it came to. Reloads happen one after the other: it
   * is for the caller to have few of them wait. Rejects, with nothing changed: with ReloadRefused
   * when it takes too much out of service and is not forced, when the configuration contradicts
   * itself, and when the checker is closed meanwhile.
   */
  reload(config: Config, options: ReloadOptions = {}): Promise<ReloadOutcome> {
    const settled = this.#reloading.then(() => {}, () => {});
    const done = settled.then(() => this.#reload(config, options));
    this.#reloading = done;
    return done;
  }

  /** Stops all probing. No timer is left. */
  close(): void {
    this.#operations.finish();
    this.#engine.close();
    this.#closing.abort(new Error("the work was abandoned because maglevd is stopping"));
    this.#impairment.close();
    this.#probing.close();
  }

  /** Same as `close`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** What getting to a configuration from what runs now would come to. */
  *#foreseen(config: Config): Steps<ForeseenReload> {
    const { generation } = this.#engine;
    const changes = yield* configDiffSteps(generation.config, config);
    const refusal = yield* removalRefusal(generation.config, config);
    return { changes, refusal, ...yield* dryRunReload(generation, config, this.#clock) };
  }

  async #reload(config: Config, { actor, isForced }: ReloadOptions): Promise<ReloadOutcome> {
    const reason: Reason = { cause: { kind: "config" }, actor };
    const outcome = await this.#inSlices(this.#replace(config, reason, isForced));
    const { changes } = outcome;
    this.events.emit(because(reason, [{ kind: "reload", result: "applied", changes }]));
    await this.events.told();
    return outcome;
  }

  *#replace(config: Config, reason: Reason, isForced = false): Steps<ReloadOutcome> {
    const { desired: _, ...outcome } = yield* this.#foreseen(config);
    const { refusal } = outcome;
    if (refusal !== undefined && !isForced) throw new ReloadRefused(refusal, outcome);
    yield* this.#carryOut(yield* this.#planned(config), reason);
    return outcome;
  }

  /** Puts the first configuration in force. */
  *#begin(config: Config, restored: Restored | undefined): Steps<void> {
    const plan = yield* this.#planned(config);
    const reason: Reason = { cause: { kind: "start" } };
    if (restored) {
      restore(plan, restored, this.#moment);
      this.events.emit(because(reason, forgottenWeights(plan.generation, restored)));
    }
    yield* this.#carryOut(plan, reason);
  }

  #inSlices<R>(work: Steps<R>): Promise<R> {
    return inSlices(this.#clock, work, this.#closing.signal);
  }

  get #moment(): Moment {
    return momentOf(this.#clock);
  }

  #planned(config: Config): Steps<Plan> {
    return planReload(this.#engine.generation, config, this.#clock.wall());
  }

  *#carryOut(plan: Plan, reason: Reason): Steps<void> {
    this.#operations.finish();
    yield* this.#engine.replace(plan, reason);
  }
}

/** The longest time over which first probes are spread when there is no warm-up. */
const defaultSpreadMs = 1_000;

/**
 * Milliseconds within which the first probe by `check` comes: spread, so that thousands of backends
 * do not move in step, but early enough that all are known before the warm-up is over.
 */
export function firstProbeWithinMs(
  { lb: { startupMaxDelayMs } }: Config,
  check: HealthCheck,
): number {
  const longest = startupMaxDelayMs === 0 ? defaultSpreadMs : startupMaxDelayMs / 4;
  return Math.min(check.fastIntervalMs, longest);
}
