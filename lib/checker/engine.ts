import type { Reason } from "../events/mod.ts";
import type { Health } from "../health/mod.ts";
import type { Steps } from "../time/mod.ts";
import { type ApplyContext, settle, swap } from "./apply.ts";
import type { BackendEntry } from "./backend.ts";
import { Drains } from "./drains.ts";
import { FlapHolds } from "./flap_holds.ts";
import type { Generation, Plan } from "./plan.ts";
import { SlowStarts } from "./slow_starts.ts";
import { type EngineOptions, States } from "./states.ts";

/**
 * Carries out on a generation what probes, operators and files say, with the measures that keep
 * traffic safe. It works alike on what runs and on a copy of that, so that whatever is tried out on a copy
 * comes to what it would come to.
 */
export class Engine {
  readonly states: States;
  readonly holds: FlapHolds;
  readonly drains: Drains;
  readonly #slowStarts: SlowStarts;
  readonly #context: ApplyContext;
  #generation: Generation;

  /** Begins with what `generation` holds. */
  constructor(options: EngineOptions, generation: Generation) {
    const { clock, events } = options;
    this.#generation = generation;
    const present = () => this.#generation;
    const states: States = this.states = new States({
      ...options,
      historyLimit: () => this.#generation.config.transitionHistory,
      holds: () => holds,
      risen: (frontend) => this.#slowStarts.begun(frontend),
    });
    const release = (entry: BackendEntry, health: Health, reason: Reason) =>
      states.enterAll([{ entry, health, untested: false }], reason);
    const holds: FlapHolds = this.holds = new FlapHolds(clock, events, release);
    for (const entry of generation.backends.values()) holds.adopt(entry);
    this.#slowStarts = new SlowStarts(clock, events, present);
    this.drains = new Drains(clock, states, present);
    this.#context = { ...options, states };
  }

  /** What runs now. */
  get generation(): Generation {
    return this.#generation;
  }

  /** Puts a plan in force: between two steps anything else may happen. */
  *replace(plan: Plan, reason: Reason): Steps<void> {
    const old = this.#generation;
    swap(old, plan, this.#context, reason, (generation) => this.#generation = generation);
    // What is so from the start is no change.
    if (reason.cause.kind === "start") { for (const entry of plan.frontends.fresh) entry.assume(); }
    for (const { entry } of plan.backends.fresh) this.holds.adopt(entry);
    for (const { entry, recheck } of plan.backends.changed) {
      if (recheck === "target") this.holds.forget(entry, reason);
    }
    yield* settle(old, plan, this.#context, reason);
    // Its frontends may be others now, and so may their deadlines.
    this.drains.look();
    this.#slowStarts.look();
    yield* this.holds.lookAtAll();
  }

  /** No timer is left. */
  close(): void {
    this.#slowStarts.close();
    this.holds.close();
    this.drains.close();
  }
}
