import type { Event } from "../gen/maglev_pb.ts";
import { EventSchema } from "../gen/maglev_pb.ts";
import { preEncoded } from "./encoded.ts";

/** An event in both forms: to be read, and already encoded. */
export interface SharedEvent {
  readonly plain: Event;
  readonly encoded: Event;
  /** Length of the encoded form. */
  readonly bytes: number;
}

/** Encodes an event once, for however many streams. */
export function shareEvent(plain: Event): SharedEvent {
  const { message: encoded, bytes } = preEncoded(EventSchema, plain);
  return { plain, encoded, bytes };
}
