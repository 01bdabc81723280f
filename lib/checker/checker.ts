import type { Config, HealthCheck } from "../config/mod.ts";
import type { BackendInput, StateOf } from "../health/mod.ts";
import type { Logger } from "../log/mod.ts";
import type { StartProbe } from "../probes/mod.ts";
import type { Clock } from "../time/mod.ts";
import { type Machinery, settle, swap } from "./apply.ts";
import type { BackendEntry } from "./backend.ts";
import { EventQueue } from "./events.ts";
import { guarded } from "./observer.ts";
import { emptyWorld, planReload, type World } from "./plan.ts";
import { Probing } from "./probing.ts";
import { atOnce, Slices, type Steps } from "./slices.ts";
import { States } from "./states.ts";
import {
  type BackendSnapshot,
  type CheckerControl,
  CheckerError,
  type CheckerEvent,
  type CheckerObserver,
  type CheckerStats,
  type CheckerView,
  type FrontendSnapshot,
} from "./types.ts";

/** What a checker is made of. */
export interface CheckerOptions {
  /** The first configuration, validated. */
  readonly config: Config;
  /** How backends are probed. */
  readonly startProbe: StartProbe;
  /** Schedules probes and stamps transitions. */
  readonly clock: Clock;
  /** From 0 up to, not including, 1: `Math.random`. */
  readonly random: () => number;
  /** Takes a record per transition. */
  readonly log: Logger;
  /** Counts for the metrics. */
  readonly observer?: CheckerObserver;
}

/** A reload that waits for the one under way. */
interface Waiting {
  config: Config;
  readonly done: Promise<void>;
}

/**
 * Probes the backends of a configuration and keeps their states and those of the frontends:
 * docs/healthchecks.md. Probing starts at once. Whoever makes it closes it.
 */
export class Checker implements CheckerView, CheckerControl, Disposable {
  readonly #clock: Clock;
  readonly #events: EventQueue;
  readonly #slices: Slices;
  readonly #machinery: Machinery;
  #world: World;
  #reloading: Promise<void> = Promise.resolve();
  #waiting: Waiting | undefined;
  /** Out of the configuration already, but not yet told so. */
  #leaving: readonly BackendEntry[] = [];

  /** Starts probing the backends of `config`. Throws when it contradicts itself. */
  constructor({ config, startProbe, clock, random, log, observer }: CheckerOptions) {
    this.#clock = clock;
    this.#events = new EventQueue(clock, log);
    this.#slices = new Slices(clock);
    const quiet = guarded(observer, log);
    const probing: Probing<BackendEntry> = new Probing({
      startProbe,
      clock,
      random,
      log,
      onResult: (entry, result) => states.probed(entry, result),
    });
    const states = new States({
      clock,
      events: this.#events,
      observer: quiet,
      prober: probing,
      historyLimit: () => this.config.transitionHistory,
    });
    this.#machinery = { states, probing, observer: quiet, log };
    this.#world = emptyWorld(config);
    atOnce(this.#change(config));
  }

  /** The configuration in force, with the weights of the file. */
  get config(): Config {
    return this.#world.config;
  }

  /** Sorted. */
  backendNames(): readonly string[] {
    return this.#world.backendNames;
  }

  /** Sorted. */
  frontendNames(): readonly string[] {
    return this.#world.frontendNames;
  }

  /** Sorted. */
  healthcheckNames(): readonly string[] {
    return this.#world.healthcheckNames;
  }

  /** A backend as it is now, undefined when there is none of that name. */
  backend(name: string): BackendSnapshot | undefined {
    return this.#world.backends.get(name)?.snapshot();
  }

  /** A frontend as it is now; the same object until something changes. */
  frontend(name: string): FrontendSnapshot | undefined {
    return this.#world.frontends.get(name)?.snapshot(this.#stateOf);
  }

  /** A health check of the configuration. */
  healthcheck(name: string): HealthCheck | undefined {
    return this.#world.config.healthchecks.get(name);
  }

  /** Calls `listener` after each change, in order; one that throws is logged and kept. */
  subscribe(listener: (event: CheckerEvent) => void): () => void {
    return this.#events.subscribe(listener);
  }

  /** How probing keeps up. */
  stats(): CheckerStats {
    const { probing } = this.#machinery;
    const { running, scheduled, excused } = probing;
    return { ...probing.punctuality(), running, scheduled, excused };
  }

  /** Stops probing; nothing changes when it is paused already. */
  pause(backend: string): BackendSnapshot {
    return this.#steer("pause", backend, "failed-precondition");
  }

  /** Ends a pause, from unknown; nothing changes when it is not paused. */
  resume(backend: string): BackendSnapshot {
    return this.#steer("resume", backend, "failed-precondition");
  }

  /** Puts a disabled backend back into service, from unknown. */
  enable(backend: string): BackendSnapshot {
    return this.#steer("enable", backend, "not-found");
  }

  /** Takes a backend out of service, paused or not. */
  disable(backend: string): BackendSnapshot {
    return this.#steer("disable", backend, "not-found");
  }

  /** Sets a runtime weight, in force until the next reload. */
  setWeight(
    frontend: string,
    pool: string,
    backend: string,
    weight: number,
    flush: boolean,
  ): FrontendSnapshot {
    const what = `cannot set the weight of backend "${backend}" in pool "${pool}" of frontend ` +
      `"${frontend}"`;
    if (!Number.isInteger(weight) || weight < 0 || weight > 100) {
      const why = `a weight is a whole number from 0 to 100, not ${weight}`;
      throw new CheckerError("invalid-argument", `${what}: ${why}`);
    }
    const missing = (kind: string) => new CheckerError("not-found", `${what}: no such ${kind}`);
    const target = this.#world.frontends.get(frontend);
    if (!target) throw missing("frontend");
    const index = target.config.pools.findIndex(({ name }) => name === pool);
    if (index < 0) throw missing("pool");
    const entry = this.#world.backends.get(backend);
    const membership = entry?.placement.memberships.find((member) =>
      member.frontend === target && member.pool === index
    );
    if (!entry || !membership) throw missing("backend");

    const isChange = membership.weight !== weight;
    if (isChange) target.reweigh(entry, membership, weight);
    if (isChange || flush) {
      this.#events.push([
        { event: { kind: "weight", frontend, pool, backend, weight, flush } },
        ...this.#machinery.states.recheck(target),
      ]);
    }
    return target.snapshot(this.#stateOf);
  }

  /**
   * Puts another configuration in force, in slices that leave the event loop alone. Resolves
   * after the `reload` event. Reloads happen one after the other; of those that wait only the
   * newest is carried out. Rejects, with nothing changed, when the configuration contradicts
   * itself, and when the checker is closed meanwhile.
   */
  reload(config: Config): Promise<void> {
    if (this.#waiting) {
      this.#waiting.config = config;
      return this.#waiting.done;
    }
    const done = this.#reloading.catch(() => {}).then(() => {
      const newest = this.#waiting?.config ?? config;
      this.#waiting = undefined;
      return this.#reload(newest);
    });
    this.#waiting = { config, done };
    this.#reloading = done;
    return done;
  }

  /** Stops all probing and telling. No timer is left. */
  close(): void {
    this.#slices.close();
    this.#events.close();
    this.#machinery.probing.close();
    const entries = [...this.#world.backends.values(), ...this.#leaving];
    for (const { job } of entries) this.#machinery.probing.halt(job);
  }

  /** Same as `close`. */
  [Symbol.dispose](): void {
    this.close();
  }

  readonly #stateOf: StateOf = (backend) =>
    this.#world.backends.get(backend)?.health.state ?? "removed";

  #steer(
    verb: BackendInput & ("pause" | "resume" | "enable" | "disable"),
    backend: string,
    unknown: "failed-precondition" | "not-found",
  ): BackendSnapshot {
    const entry = this.#world.backends.get(backend);
    const what = `cannot ${verb} backend "${backend}"`;
    if (!entry) throw new CheckerError(unknown, `${what}: no such backend`);
    const outcome = this.#machinery.states.input(entry, verb);
    if (outcome.kind === "refused") {
      throw new CheckerError("failed-precondition", `${what}: ${outcome.why}`);
    }
    if (verb === "enable" || verb === "disable") entry.operatorEnabled = verb === "enable";
    return entry.snapshot();
  }

  async #reload(config: Config): Promise<void> {
    await this.#slices.run(this.#change(config));
    await new Promise<void>((delivered) =>
      this.#events.push([{ event: { kind: "reload" }, delivered }])
    );
  }

  /** Puts a configuration in force: between two steps anything else may happen. */
  *#change(config: Config): Steps<void> {
    const old = this.#world;
    const plan = yield* planReload(old, config, this.#clock.wall());
    const publish = (world: World) => this.#world = world;
    this.#events.push(swap(old, plan, this.#machinery, publish));
    this.#leaving = plan.backends.gone;
    yield* settle(old, plan, this.#machinery);
    this.#leaving = [];
  }
}

/** A checker that is probing already: {@link Checker}. */
export function createChecker(options: CheckerOptions): Checker {
  return new Checker(options);
}
