import {
  type DescMessage,
  type Message,
  type MessageShape,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { encodeEnvelope } from "@connectrpc/connect/protocol";
import type { Outbox, Release } from "../port/mod.ts";
import { exhausted } from "./errors.ts";
import { gzipCompression } from "./compression.ts";
import { envelopeHeaderBytes } from "./intake.ts";

/**
 * A message of ours as it goes over the wire, written once for however many it is sent to. What
 * goes to many, such as events and long lists, is shared, so that a client that takes nothing
 * holds a reference and not a copy.
 */
export class Answer {
  /** With flag and length before it, as gRPC, gRPC-Web and Connect streams frame it. */
  readonly envelope: Uint8Array<ArrayBuffer>;
  /** Without framing, as unary Connect calls have it: a view of the envelope. */
  readonly message: Uint8Array<ArrayBuffer>;
  #gzipped: Promise<Uint8Array<ArrayBuffer>> | undefined;

  /** `message` is protobuf or JSON, as the call has it. */
  constructor(message: Uint8Array) {
    this.envelope = encodeEnvelope(0, message);
    this.message = this.envelope.subarray(envelopeHeaderBytes);
  }

  /** Octets of the message. */
  get length(): number {
    return this.message.length;
  }

  /** The envelope with the message compressed; this too is made once. */
  gzipped(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#gzipped ??= gzipCompression.compress(this.message)
      .then((compressed) => encodeEnvelope(1, compressed));
  }
}

/** What an implementation answers with: a message, or one that is written already. */
export type Reply = Message | Answer;

/** The answer that a reply is, written now unless it is already. */
export function answerOf(schema: DescMessage, reply: Reply, binary: boolean): Answer {
  return reply instanceof Answer ? reply : written(schema, reply, binary);
}

/** A message, written as protobuf or as JSON. */
export function written<D extends DescMessage>(
  schema: D,
  message: MessageShape<D>,
  binary: boolean,
): Answer {
  if (binary) return new Answer(toBinary(schema, message));
  return new Answer(new TextEncoder().encode(toJsonString(schema, message)));
}

/** An iterator that can also tell what it has at hand, so that a reader can take it in batches. */
export interface Polling<Item> extends AsyncIterator<Item> {
  /** The next item if it is there already; undefined says nothing about what comes later. */
  poll?(): Item | undefined;
}

/** An answer, or several, on their way: they count until they are released. */
export interface HeldAnswer {
  readonly octets: Uint8Array;
  readonly release: Release;
}

/** How the answers of a call are held. */
export interface HoldOptions {
  readonly outbox: Outbox;
  /** Whose they count as. */
  readonly connection: object;
  /** Largest answer, in octets. */
  readonly writeMaxBytes: number;
  /** Octets from which on an answer is compressed; Infinity for a client that cannot read that. */
  readonly compressMinBytes: number;
}

/**
 * The envelope of an answer for a connection, compressed if it is long enough and there is room for
 * both meanwhile. Throws ResourceExhausted when it is too large, or too much waits.
 */
export function holdAnswer(answer: Answer, hold: HoldOptions): HeldAnswer | Promise<HeldAnswer> {
  const { outbox, connection, writeMaxBytes, compressMinBytes } = hold;
  const { envelope: octets, length } = answer;
  if (length > writeMaxBytes) {
    throw exhausted(`response of ${length} bytes is larger than the limit of ${writeMaxBytes}`);
  }
  const plain = { octets, release: outbox.hold(connection, octets) };
  return length < compressMinBytes ? plain : compressed(answer, plain, hold);
}

async function compressed(
  answer: Answer,
  plain: HeldAnswer,
  { outbox, connection }: HoldOptions,
): Promise<HeldAnswer> {
  try {
    const octets = await answer.gzipped();
    const release = outbox.hold(connection, octets);
    plain.release();
    return { octets, release };
  } catch (error) {
    if (error instanceof ConnectError) return plain;
    plain.release();
    throw error;
  }
}
