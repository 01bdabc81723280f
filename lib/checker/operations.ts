import type { Actor, EventStream } from "../events/mod.ts";
import { atOnce, inSlices, type Steps } from "../time/mod.ts";
import type { BackendEntry } from "./backend.ts";
import type { FrontendEntry } from "./frontend.ts";
import { Operator, type OperatorContext, type TransactionChange } from "./operator.ts";
import type { Outcome } from "./outcome.ts";
import type { Generation } from "./plan.ts";
import type { BackendSnapshot, FrontendSnapshot, Operation } from "./types.ts";

/** What {@link Operations} needs. */
export interface OperationsOptions extends OperatorContext {
  /** Work that goes on in slices ends with it. */
  readonly closing: AbortSignal;
  readonly events: EventStream;
}

/** How often it is foreseen what operations come to, where states change faster than that takes. */
const mostForecasts = 3;

/**
 * Has operations done: one or a few at once, thousands in slices. Those are seen as one transaction, for
 * whoever looks through this. Whoever changes anything else for an operator or by a reload calls
 * `finish` before.
 */
export class Operations {
  /** Those that are being done in slices. */
  #transaction: Transaction | undefined;
  readonly #operator: Operator;

  constructor(private readonly options: OperationsOptions) {
    this.#operator = new Operator(options);
  }

  /** A backend as others may see it. */
  backend(entry: BackendEntry): BackendSnapshot {
    return this.#transaction?.backend(entry) ?? entry.snapshot();
  }

  /** A frontend as others may see it. */
  frontend(entry: FrontendEntry): FrontendSnapshot {
    return this.#transaction?.frontend(entry) ?? entry.snapshot();
  }

  /** Does now what is left of those that are being done. */
  finish(): void {
    this.#transaction?.finish();
  }

  /** Does all of `operations`, or none, and says what that comes to. Throws OperatorError. */
  operate(operations: readonly Operation[], actor?: Actor): Outcome {
    this.finish();
    const { outcome, changes } = atOnce(this.#operator.foresee(operations));
    for (const { run } of changes(actor)) run();
    return outcome;
  }

  /** What `operate` would come to. */
  foresee(operations: readonly Operation[]): Outcome {
    this.finish();
    return atOnce(this.#operator.foresee(operations)).outcome;
  }

  /**
   * The same as `operate`: what they come to is worked out in slices, anew while something else
   * changes meanwhile. Then they are done in slices, and told from the turn after that on. Rejects,
   * with nothing changed, where `operate` throws.
   */
  async operateMany(operations: readonly Operation[], actor?: Actor): Promise<Outcome> {
    const { events, clock, closing } = this.options;
    for (let attempt = 1;; attempt++) {
      const planned = await this.#planned(operations);
      await clock.turn.next(true);
      const isAsForeseen = this.#isAsOf(planned);
      if (!isAsForeseen && attempt < mostForecasts) continue;
      this.finish();
      const changes = isAsForeseen
        ? planned.changes(actor)
        : this.#operator.changes(operations, actor);
      const transaction = new Transaction(changes, () => this.#transaction = undefined);
      this.#transaction = transaction;
      await events.tellAfter(() => inSlices(clock, transaction.steps(), closing));
      return planned.outcome;
    }
  }

  /** What `operateMany` would come to if it began now, worked out in slices. */
  async foreseeMany(operations: readonly Operation[]): Promise<Outcome> {
    for (let attempt = 1;; attempt++) {
      const planned = await this.#planned(operations);
      if (this.#isAsOf(planned) || attempt === mostForecasts) return planned.outcome;
    }
  }

  /** Whether nothing has changed since operations were foreseen, nor is being changed. */
  #isAsOf(asOf: { readonly generation: Generation; readonly seq: number }): boolean {
    const { events, engine } = this.options;
    if (this.#transaction) return false;
    return asOf.generation === engine.generation && asOf.seq === events.lastSeq;
  }

  /** Operations, and as of when they are foreseen: not while others are being done. */
  async #planned(operations: readonly Operation[]) {
    const { events, clock, closing, engine } = this.options;
    while (this.#transaction) await this.#transaction.over;
    const asOf = { generation: engine.generation, seq: events.lastSeq };
    const foreseen = await inSlices(clock, this.#operator.foresee(operations), closing);
    return { ...asOf, ...foreseen };
  }
}

/**
 * Many changes that are made in slices and seen all at once: until the last has been made, whoever
 * looks sees each backend and frontend that they concern as it was before the first. What was seen
 * before is kept as the changes reach it, so that no slice is longer than another.
 */
class Transaction {
  /** Resolves when all is done. */
  readonly over: Promise<void>;
  readonly #end: () => void;
  readonly #backends = new Map<BackendEntry, BackendSnapshot>();
  readonly #frontends = new Map<FrontendEntry, FrontendSnapshot>();
  /** Index of the next change. */
  #next = 0;

  /** `onOver` is called with the last of `changes`, before anybody can look. */
  constructor(private readonly changes: readonly TransactionChange[], onOver: () => void) {
    const over = Promise.withResolvers<void>();
    this.over = over.promise;
    this.#end = () => {
      onOver();
      over.resolve();
    };
  }

  /** A backend as others may see it. */
  backend(entry: BackendEntry): BackendSnapshot {
    return this.#backends.get(entry) ?? entry.snapshot();
  }

  /** A frontend as others may see it. */
  frontend(entry: FrontendEntry): FrontendSnapshot {
    return this.#frontends.get(entry) ?? entry.snapshot();
  }

  /** All of it, a change a step. */
  *steps(): Steps<void> {
    while (this.#isUnderWay()) yield;
  }

  /** Does now what is left, for somebody who changes something else. */
  finish(): void {
    while (this.#isUnderWay());
  }

  /** Does the next change; false once there is none left. */
  #isUnderWay(): boolean {
    const change = this.changes[this.#next++];
    if (change) {
      this.#keep(change.on);
      change.run();
    }
    if (this.#next === Math.max(1, this.changes.length)) this.#end();
    return this.#next < this.changes.length;
  }

  #keep(backend: BackendEntry): void {
    if (this.#backends.has(backend)) return;
    this.#backends.set(backend, backend.snapshot());
    for (const { frontend } of backend.placement.memberships) {
      if (!this.#frontends.has(frontend)) this.#frontends.set(frontend, frontend.snapshot());
    }
  }
}
