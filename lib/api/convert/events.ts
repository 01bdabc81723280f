import { create } from "@bufbuild/protobuf";
import type { ConfigChange } from "../../config/mod.ts";
import type { Actor, Cause, EventData, MaglevEvent, ToldWeight } from "../../events/mod.ts";
import {
  ActorSchema,
  AuditEventSchema,
  BackendEventSchema,
  CauseSchema,
  ConfigChangeSchema,
  DrainEventSchema,
  type Event,
  EventSchema,
  type EventWeight,
  EventWeightSchema,
  FrontendEventSchema,
  HeartbeatSchema,
  type LogAttr,
  LogAttrSchema,
  LogEventSchema,
  OperatorEventSchema,
  OverrideEventSchema,
  PoolEventSchema,
  ProbePulseSchema,
  ProbePulsesSchema,
  ProbingEventSchema,
  ReloadEventSchema,
  RunningProbeSchema,
  SafetyEventSchema,
  StreamOpeningSchema,
  VPPEventSchema,
  WeightEventSchema,
} from "../../gen/maglev_pb.ts";
import type { BackendState, FrontendState, Transition } from "../../health/mod.ts";
import type { LogAttributes, LogRecord, LogValue } from "../../log/mod.ts";
import { nanoseconds, transitionToProto } from "./objects.ts";

type Kind = Event["event"];

/** A change as streams and lists tell it. */
export function eventToProto(event: MaglevEvent): Event {
  const message = wrap(kindToProto(event));
  message.seq = BigInt(event.seq);
  message.atUnixNs = nanoseconds(event.at);
  message.cause = causeToProto(event.cause);
  if (event.actor) message.actor = actorToProto(event.actor);
  return message;
}

function kindToProto(event: MaglevEvent): Kind {
  switch (event.kind) {
    case "backend":
      return backendEvent(event.backend, event.transition);
    case "frontend":
      return frontendEvent(event.frontend, event.transition, event.activePool);
    case "pool": {
      const { frontend: frontendName, from, to } = event;
      return { case: "pool", value: create(PoolEventSchema, { frontendName, from, to }) };
    }
    case "weight":
      return { case: "weight", value: weightToProto(event) };
    case "reload":
      return { case: "reload", value: reloadToProto(event) };
    case "operator": {
      const { action, backend: backendName, frontend: frontendName, detail } = event;
      const value = create(OperatorEventSchema, { action, backendName, frontendName, detail });
      return { case: "operator", value };
    }
    case "override":
      return { case: "override", value: overrideToProto(event) };
    case "drain": {
      const { change, backend: backendName, frontends, detail } = event;
      const told = { change, backendName, frontends: [...frontends], detail };
      return { case: "drain", value: create(DrainEventSchema, told) };
    }
    case "safety": {
      const { measure, change, frontend: frontendName, backend: backendName, detail } = event;
      const told = { measure, change, frontendName, backendName, detail };
      return { case: "safety", value: create(SafetyEventSchema, told) };
    }
    case "vpp":
      return { case: "vpp", value: vppToProto(event) };
    case "probing": {
      const { change, detail } = event;
      return { case: "probing", value: create(ProbingEventSchema, { change, detail }) };
    }
    case "audit": {
      const { role, method, target, before, after, result, reason } = event;
      const told = { role, method, target, before, after, result, reason };
      return { case: "audit", value: create(AuditEventSchema, told) };
    }
  }
}

function backendEvent(name: string, transition: Transition): Kind {
  const value = create(BackendEventSchema);
  value.backendName = name;
  value.transition = transitionToProto(transition);
  return { case: "backend", value };
}

function frontendEvent(
  name: string,
  transition: Transition,
  activePool: string,
): Kind {
  const value = create(FrontendEventSchema);
  value.frontendName = name;
  value.transition = transitionToProto(transition);
  value.activePool = activePool;
  return { case: "frontend", value };
}

function weightToProto(event: EventData<"weight">) {
  const { configured, effective } = event;
  const value = create(WeightEventSchema);
  value.frontendName = event.frontend;
  value.poolName = event.pool;
  value.backendName = event.backend;
  value.configuredFrom = eventWeight(configured.from);
  value.configuredTo = eventWeight(configured.to);
  value.effectiveFrom = eventWeight(effective.from);
  value.effectiveTo = eventWeight(effective.to);
  value.flush = event.flush;
  return value;
}

/** A weight before or after a change. */
export function eventWeight(told: ToldWeight): EventWeight {
  const weight = create(EventWeightSchema);
  if (typeof told === "number") {
    weight.kind = "set";
    weight.weight = told;
  } else {
    weight.kind = told;
  }
  return weight;
}

function reloadToProto(event: EventData<"reload">) {
  const changes = configChangesToProto(event.changes ?? []);
  if (event.result === "rejected") {
    const { result, stage, reason } = event;
    return create(ReloadEventSchema, { result, stage, reason, changes });
  }
  return create(ReloadEventSchema, { result: event.result, changes });
}

/** What the file says otherwise than an operator did. */
export function overrideToProto(override: EventData<"override">) {
  const { backend, frontend, pool, byHand, file } = override;
  return create(OverrideEventSchema, {
    ...{ change: "ended", backendName: backend, frontendName: frontend, poolName: pool, byHand },
    ...{ fileFrom: file.from, fileTo: file.to },
  });
}

/** What differs between two configurations. */
export function configChangesToProto(changes: readonly ConfigChange[]) {
  return changes.map(({ kind, change, name, details }) =>
    create(ConfigChangeSchema, { kind, change, name, details: [...details] })
  );
}

function vppToProto({ change, detail, attributes = {} }: EventData<"vpp">) {
  return create(VPPEventSchema, { change, detail, attrs: attributesToProto(attributes) });
}

function causeToProto(cause: Cause) {
  const value = create(CauseSchema);
  value.kind = cause.kind;
  if (cause.kind === "probe") {
    value.code = cause.code;
    value.detail = cause.detail;
  }
  return value;
}

function actorToProto({ name, from }: Actor) {
  return create(ActorSchema, { name, from });
}

/** The present state of a backend, as streams begin with it. */
export function backendStateToProto(
  backend: string,
  { state }: { readonly state: BackendState },
): Event {
  return wrap(backendEvent(backend, { from: state, to: state, at: 0 }));
}

/** The present state of a frontend, as streams begin with it. */
export function frontendStateToProto(
  frontend: string,
  { state, activePool }: { readonly state: FrontendState; readonly activePool: string },
): Event {
  return wrap(frontendEvent(frontend, { from: state, to: state, at: 0 }, activePool));
}

/** A log record as the event stream tells it; attributes keep their order, lists become JSON. */
export function logEventToProto(record: LogRecord): Event {
  const event = create(LogEventSchema);
  event.atUnixNs = nanoseconds(record.wall);
  event.level = record.level;
  event.msg = record.msg;
  event.attrs = attributesToProto(record.attributes);
  return wrap({ case: "log", value: event });
}

function attributesToProto(attributes: LogAttributes): LogAttr[] {
  const attrs: LogAttr[] = [];
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    const attribute = create(LogAttrSchema);
    attribute.key = key;
    attribute.value = attributeText(value);
    attrs.push(attribute);
  }
  return attrs;
}

function attributeText(value: LogValue): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Where a stream begins. */
export function openingToProto(
  { streamId, seq, resumed, reason }: {
    readonly streamId: string;
    readonly seq: number;
    readonly resumed: boolean;
    readonly reason: string;
  },
): Event {
  const value = create(StreamOpeningSchema, { streamId, seq: BigInt(seq), resumed, reason });
  return wrap({ case: "opening", value });
}

/** A sign of life, and how far the stream has come. */
export function heartbeatToProto(streamId: string, seq: number): Event {
  const value = create(HeartbeatSchema, { streamId, seq: BigInt(seq) });
  return wrap({ case: "heartbeat", value });
}

/** A backend and its newest probe. */
export type Pulse = readonly [
  backend: string,
  probe: { readonly ok: boolean; readonly code: string; readonly durationMs: number },
];

/** A backend whose probe has been running since then, in Unix milliseconds; 0: it runs no more. */
export type Running = readonly [backend: string, since: number];

/** Outcomes of probes and what is running, in one message; `isAnew`: nothing else is running. */
export function pulsesToProto(
  pulses: readonly Pulse[],
  running: readonly Running[] = [],
  isAnew = false,
): Event {
  const value = create(ProbePulsesSchema);
  value.runningAnew = isAnew;
  for (const [backend, since] of running) {
    const probe = create(RunningProbeSchema);
    probe.backendName = backend;
    probe.sinceUnixNs = nanoseconds(since);
    value.running.push(probe);
  }
  for (const [backend, { ok, code, durationMs }] of pulses) {
    const pulse = create(ProbePulseSchema);
    pulse.backendName = backend;
    pulse.ok = ok;
    pulse.code = code;
    pulse.durationNs = nanoseconds(durationMs);
    value.pulses.push(pulse);
  }
  return wrap({ case: "pulses", value });
}

function wrap(kind: Kind): Event {
  const event = create(EventSchema);
  event.event = kind;
  return event;
}
