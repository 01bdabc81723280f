import type { Message } from "@bufbuild/protobuf";
import type { ContextValues } from "@connectrpc/connect";
import { createContextKey } from "@connectrpc/connect";
import type { Answer } from "./answer.ts";
import { type Parcel, parcel, type ParcelOptions } from "./parcel.ts";
import type { Polling } from "./polling.ts";

/**
 * The way of answers past Connect's handlers. Those would write a message anew for each client,
 * in one step; so they get an empty message instead, and what they make of that is replaced by
 * the answer, which is written once for all, when it leaves (see `answer_body.ts`).
 */
export class AnswerSlot {
  readonly #parcels: Parcel[] = [];

  constructor(readonly connection: object, readonly options: ParcelOptions) {}

  /** Leaves an answer. Throws ResourceExhausted. */
  put(answer: Answer): void {
    this.#parcels.push(parcel(answer, this.connection, this.options));
  }

  /** Takes the answer that was left first; undefined when there is none. */
  take(): Parcel | undefined {
    return this.#parcels.shift();
  }

  /** Lets go of what nobody takes any more. */
  clear(): void {
    for (const { release } of this.#parcels.splice(0)) release();
  }
}

const key = createContextKey<AnswerSlot | undefined>(undefined);

/** Gives a call its slot. */
export function withSlot(values: ContextValues, slot: AnswerSlot): ContextValues {
  return values.set(key, slot);
}

/** The slot of a call. Throws an Error when its adapter has made none. */
export function slotOf(values: ContextValues): AnswerSlot {
  const slot = values.get(key);
  if (!slot) throw new Error("a call came without a slot for its answer");
  return slot;
}

/** A stream of answers as Connect's handlers see it: each is in the slot, and stands for `empty`. */
export class SlottedStream implements AsyncIterableIterator<Message> {
  constructor(
    private readonly answers: Polling<Answer>,
    private readonly slot: AnswerSlot,
    private readonly empty: Message,
  ) {}

  async next(): Promise<IteratorResult<Message>> {
    const result = await this.answers.next();
    if (result.done) return { done: true, value: undefined };
    try {
      this.slot.put(result.value);
    } catch (error) {
      await this.answers.return?.();
      throw error;
    }
    return { done: false, value: this.empty };
  }

  async return(): Promise<IteratorResult<Message>> {
    await this.answers.return?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
