import { Code, ConnectError } from "@connectrpc/connect";
import type { Answer } from "./answer.ts";
import type { Outbox, Release } from "./outbox.ts";

/** An answer that waits to be sent, and counts until it is released. */
export interface Parcel {
  readonly answer: Answer;
  /** The envelope, compressed or not. */
  readonly octets: Uint8Array;
  readonly release: Release;
}

/** What parcels are made with. */
export interface ParcelOptions {
  readonly outbox: Outbox;
  /** Largest answer, in octets. */
  readonly writeMaxBytes: number;
}

/** An answer for a connection. Throws ResourceExhausted when it is too large, or too much waits. */
export function parcel(
  answer: Answer,
  connection: object,
  { outbox, writeMaxBytes }: ParcelOptions,
): Parcel {
  if (answer.length > writeMaxBytes) {
    throw new ConnectError(
      `response of ${answer.length} bytes is larger than the limit of ${writeMaxBytes}`,
      Code.ResourceExhausted,
    );
  }
  const { envelope } = answer;
  return { answer, octets: envelope, release: outbox.hold(connection, envelope) };
}

/** The same parcel compressed; as it is, if there is no room for both. */
export async function compressed(
  plain: Parcel,
  connection: object,
  { outbox }: ParcelOptions,
): Promise<Parcel> {
  try {
    const octets = await plain.answer.gzipped();
    const release = outbox.hold(connection, octets);
    plain.release();
    return { answer: plain.answer, octets, release };
  } catch (error) {
    if (error instanceof ConnectError) return plain;
    plain.release();
    throw error;
  }
}
