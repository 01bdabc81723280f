import type { MaglevEvent } from "../../events/mod.ts";
import type { Event } from "../../gen/maglev_pb.ts";
import { EventSchema } from "../../gen/maglev_pb.ts";
import { type Answer, written } from "../answer.ts";
import { eventToProto } from "../convert/events.ts";

/** An event on its way to any number of streams: written once in each form, whoever reads it. */
export class SharedEvent {
  readonly #binary: Answer;
  #json: Answer | undefined;

  constructor(readonly plain: Event) {
    this.#binary = written(EventSchema, plain, true);
  }

  /** Octets that it takes as protobuf. */
  get bytes(): number {
    return this.#binary.length;
  }

  /** As protobuf, or as JSON. */
  as(binary: boolean): Answer {
    return binary ? this.#binary : this.#json ??= written(EventSchema, this.plain, false);
  }
}

/** Changes in the form of the wire, each made once for live streams, replays and lists. */
export class SharedEvents {
  /** Forgotten together with the change: what the journal drops costs nothing any more. */
  readonly #known = new WeakMap<MaglevEvent, SharedEvent>();

  /** One change. */
  of(event: MaglevEvent): SharedEvent {
    const known = this.#known.get(event);
    if (known) return known;
    const shared = new SharedEvent(eventToProto(event));
    this.#known.set(event, shared);
    return shared;
  }
}
