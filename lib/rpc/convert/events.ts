import { create } from "@bufbuild/protobuf";
import type { Event } from "../../gen/maglev_pb.ts";
import {
  BackendEventSchema,
  EventSchema,
  FrontendEventSchema,
  LogAttrSchema,
  LogEventSchema,
} from "../../gen/maglev_pb.ts";
import type { Transition } from "../../health/mod.ts";
import type { LogRecord, LogValue } from "../../log/mod.ts";
import { transitionToProto } from "./backend.ts";
import { nanoseconds } from "./time.ts";

/** A backend's change of state as the event stream tells it. */
export function backendEventToProto(backend: string, transition: Transition): Event {
  const event = create(BackendEventSchema);
  event.backendName = backend;
  event.transition = transitionToProto(transition);
  return wrap({ case: "backend", value: event });
}

/** A frontend's change of state as the event stream tells it. */
export function frontendEventToProto(frontend: string, transition: Transition): Event {
  const event = create(FrontendEventSchema);
  event.frontendName = frontend;
  event.transition = transitionToProto(transition);
  return wrap({ case: "frontend", value: event });
}

/** A log record as the event stream tells it; attributes keep their order, lists become JSON. */
export function logEventToProto(record: LogRecord): Event {
  const event = create(LogEventSchema);
  event.atUnixNs = nanoseconds(record.wall);
  event.level = record.level;
  event.msg = record.msg;
  for (const [key, value] of Object.entries(record.attributes)) {
    if (value === undefined) continue;
    const attribute = create(LogAttrSchema);
    attribute.key = key;
    attribute.value = attributeText(value);
    event.attrs.push(attribute);
  }
  return wrap({ case: "log", value: event });
}

function attributeText(value: LogValue): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function wrap(inner: Event["event"]): Event {
  const event = create(EventSchema);
  event.event = inner;
  return event;
}
