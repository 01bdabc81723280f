import { create } from "@bufbuild/protobuf";
import type {
  BackendByHand,
  BackendSnapshot,
  BackendTrend,
  DrainSnapshot,
  Said,
} from "../../checker/mod.ts";
import type { BackendInfo, ByHand, TransitionRecord } from "../../gen/maglev_pb.ts";
import {
  ActorSchema,
  BackendInfoSchema,
  ByHandSchema,
  DrainInfoSchema,
  FlapHoldInfoSchema,
  ProbeResultInfoSchema,
  ProbeTimesInfoSchema,
  TransitionRecordSchema,
} from "../../gen/maglev_pb.ts";
import type { Transition } from "../../health/mod.ts";
import { nanoseconds } from "./time.ts";

/** A backend as the wire shows it. */
export function backendToProto(backend: BackendSnapshot, trend: BackendTrend): BackendInfo {
  const info = create(BackendInfoSchema);
  info.name = backend.config.name;
  info.address = backend.config.address.text;
  info.state = backend.state;
  info.transitions = backend.transitions.map(transitionToProto);
  info.enabled = backend.enabled;
  info.healthcheck = backend.config.healthcheck;
  info.health = backend.health;
  info.sinceUnixNs = nanoseconds(backend.since);
  info.frontends = [...backend.frontends];
  if (backend.byHand) info.byHand = stateByHandToProto(backend.byHand);
  if (backend.flapHold) {
    const { since, until, isPassing: passing } = backend.flapHold;
    const hold = { sinceUnixNs: nanoseconds(since), untilUnixNs: nanoseconds(until) };
    info.flapHold = create(FlapHoldInfoSchema, { ...hold, passing });
  }
  if (backend.drain) info.drain = drainToProto(backend.drain);
  const probe = lastProbeToProto(backend.lastProbe);
  if (probe) info.lastProbe = probe;
  const times = timesToProto(trend.times);
  if (times) info.probeTimes = times;
  info.timeoutNs = nanoseconds(trend.timeoutMs);
  info.recentChanges = trend.changes;
  info.certificateEndUnixNs = nanoseconds(backend.certificateEnd ?? 0);
  return info;
}

/** What an operator has said of a backend itself. */
export function stateByHandToProto({ state, fileEnabled, said }: BackendByHand): ByHand {
  return byHandToProto(state, fileEnabled ? "enabled" : "disabled", said);
}

/** What an operator has said, and the file does not. */
export function byHandToProto(value: string, file: string, said: Said | undefined): ByHand {
  return create(ByHandSchema, {
    ...{ value, file },
    ...(said && { actor: create(ActorSchema, { ...said.by }), atUnixNs: nanoseconds(said.at) }),
  });
}

function drainToProto({ said, deadlineAt, drainedAt, packetsPerSecond }: DrainSnapshot) {
  return create(DrainInfoSchema, {
    actor: create(ActorSchema, { ...said.by }),
    sinceUnixNs: nanoseconds(said.at),
    deadlineUnixNs: nanoseconds(deadlineAt ?? 0),
    drainedUnixNs: nanoseconds(drainedAt ?? 0),
    ...(packetsPerSecond !== undefined && { packetsPerSecond }),
  });
}

/** One change of state, of a backend or of a frontend. */
export function transitionToProto(transition: Transition): TransitionRecord {
  const record = create(TransitionRecordSchema);
  record.from = transition.from;
  record.to = transition.to;
  record.atUnixNs = nanoseconds(transition.at);
  record.code = transition.because?.code ?? "";
  record.detail = transition.because?.detail ?? "";
  return record;
}

function timesToProto(times: BackendTrend["times"]) {
  if (!times) return undefined;
  const info = create(ProbeTimesInfoSchema);
  info.count = times.count;
  info.p50Ns = nanoseconds(times.p50);
  info.p95Ns = nanoseconds(times.p95);
  info.maxNs = nanoseconds(times.max);
  return info;
}

function lastProbeToProto(probe: BackendSnapshot["lastProbe"]) {
  if (!probe) return undefined;
  const info = create(ProbeResultInfoSchema);
  info.ok = probe.ok;
  info.code = probe.code;
  info.detail = probe.detail;
  info.durationNs = nanoseconds(probe.durationMs);
  info.atUnixNs = nanoseconds(probe.at);
  return info;
}
