import type { Message } from "@bufbuild/protobuf";
import { type ContextValues, createContextKey } from "@connectrpc/connect";
import type { UniversalServerResponse } from "@connectrpc/connect/protocol";
import type { Answer, Polling } from "./answer.ts";
import { envelopeHeaderBytes } from "./envelopes.ts";
import {
  compressed,
  OneChunk,
  type Parcel,
  parcel,
  type ParcelOptions,
  type Release,
} from "./outbox.ts";

/**
 * The way of answers past Connect's handlers. Those would write a message anew for each client,
 * in one step; so they get an empty message instead, and what they make of that is replaced by
 * the answer, which is written once for all, when it leaves (see {@link withAnswers}).
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

type Chunk = IteratorResult<Uint8Array>;

const end: Chunk = { done: true, value: undefined };

/** Flags of envelopes that end a stream: Connect's, and the trailers of gRPC-Web. */
const endFlags = 0x02 | 0x80;

/** Fields that say how the messages of a stream are compressed. */
const streamEncodings = ["grpc-encoding", "connect-content-encoding"] as const;

/** How a response is to be compressed. */
export interface Compressing {
  /** Whether a unary Connect client takes gzip; for streams the response's fields say it. */
  readonly gzip: boolean;
  /** Octets from which on it is worth it. */
  readonly compressMinBytes: number;
}

/**
 * A response of Connect's handlers with the answers in their places. `ended` is called when nothing
 * more will be read of the request.
 */
export async function withAnswers(
  response: UniversalServerResponse,
  slot: AnswerSlot,
  protocol: "unary" | "enveloped",
  how: Compressing,
  ended: () => void,
): Promise<UniversalServerResponse> {
  const { header, body } = response;
  if (protocol === "unary" || !body) {
    ended();
    return await wholeAnswer(response, slot, how);
  }
  const gzip = streamEncodings.some((name) => header?.get(name) === "gzip");
  return { ...response, body: new AnswerBody(body, slot, { ...how, gzip }, ended) };
}

/** Without framing the answer is all there is. */
async function wholeAnswer(
  response: UniversalServerResponse,
  slot: AnswerSlot,
  how: Compressing,
): Promise<UniversalServerResponse> {
  const taken = slot.take();
  if (!taken) return response;
  if (response.status !== 200) {
    taken.release();
    return response;
  }
  const { octets, release } = await packed(taken, slot, how);
  const header = new Headers(response.header);
  header.set("content-length", String(octets.length - envelopeHeaderBytes));
  if (octets === taken.octets) header.delete("content-encoding");
  else header.set("content-encoding", "gzip");
  return { ...response, header, body: new OneChunk(octets.subarray(envelopeHeaderBytes), release) };
}

function packed(
  taken: Parcel,
  slot: AnswerSlot,
  { gzip, compressMinBytes }: Compressing,
): Parcel | Promise<Parcel> {
  if (!gzip || taken.answer.length < compressMinBytes) return taken;
  return compressed(taken, slot.connection, slot.options);
}

/** The envelopes that Connect's handlers write, with the answers instead of empty messages. */
class AnswerBody implements AsyncIterableIterator<Uint8Array> {
  readonly #envelopes: AsyncIterator<Uint8Array>;
  #release: Release | undefined;

  constructor(
    envelopes: AsyncIterable<Uint8Array>,
    private readonly slot: AnswerSlot,
    private readonly how: Compressing,
    private readonly ended: () => void,
  ) {
    this.#envelopes = envelopes[Symbol.asyncIterator]();
  }

  async next(): Promise<Chunk> {
    this.#release?.();
    const { value, done } = await this.#envelopes.next();
    if (done) {
      this.ended();
      return end;
    }
    if (((value[0] ?? 0) & endFlags) !== 0) return { done: false, value };
    const taken = this.slot.take();
    if (!taken) return { done: false, value };
    const { octets, release } = await packed(taken, this.slot, this.how);
    this.#release = release;
    return { done: false, value: octets };
  }

  async return(): Promise<Chunk> {
    this.ended();
    this.#release?.();
    this.slot.clear();
    await this.#envelopes.return?.();
    this.slot.clear();
    return end;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
