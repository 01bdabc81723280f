import { type BackendState, type Health, type Step, step } from "../health/mod.ts";
import type { BackendEntry } from "./backend.ts";
import type { Membership } from "./membership.ts";
import type { Verb } from "./types.ts";

/** What operations that were found to be possible would have made of backends and weights. */
export class Prospect {
  readonly #healths = new Map<BackendEntry, Health>();
  readonly #weights = new Map<Membership, number>();
  readonly #spokenOf = new Set<BackendEntry>();

  /** Steers a backend after all that went before. */
  steer(entry: BackendEntry, verb: Verb): Step {
    const outcome = step(this.#healths.get(entry) ?? entry.health, verb, entry.check);
    if (outcome.kind === "done") this.#healths.set(entry, outcome.health);
    this.#spokenOf.add(entry);
    return outcome;
  }

  /** Drains a backend. */
  drain(entry: BackendEntry): void {
    this.#spokenOf.add(entry);
  }

  /** Whether anything was said of a backend's state. */
  isSpokenOf(entry: BackendEntry): boolean {
    return this.#spokenOf.has(entry);
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
