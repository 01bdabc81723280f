import type { MaglevEvent } from "../../events/mod.ts";
import type { Event } from "../../gen/maglev_pb.ts";
import { EventSchema } from "../../gen/maglev_pb.ts";
import { eventToProto } from "../convert/events.ts";
import { preEncoded } from "../encoded.ts";

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

/** Changes in the form of the wire, each made once for live streams, replays and lists. */
export class SharedEvents {
  /** Forgotten together with the change: what the journal drops costs nothing any more. */
  readonly #known = new WeakMap<MaglevEvent, SharedEvent>();

  /** One change. */
  of(event: MaglevEvent): SharedEvent {
    const known = this.#known.get(event);
    if (known) return known;
    const shared = shareEvent(eventToProto(event));
    this.#known.set(event, shared);
    return shared;
  }
}
