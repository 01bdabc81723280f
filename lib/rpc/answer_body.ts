import type { UniversalServerResponse } from "@connectrpc/connect/protocol";
import type { AnswerSlot } from "./answer_slot.ts";
import { envelopeHeaderBytes } from "./envelopes.ts";
import { OneChunk } from "./one_chunk.ts";
import type { Release } from "./outbox.ts";
import { compressed, type Parcel } from "./parcel.ts";

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
