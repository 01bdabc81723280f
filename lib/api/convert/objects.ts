import { create } from "@bufbuild/protobuf";
import type {
  BackendByHand,
  BackendSnapshot,
  BackendTrend,
  CheckerView,
  DrainSnapshot,
  FrontendSnapshot,
  Said,
} from "../../checker/mod.ts";
import { failOpenText, flapText, type HealthCheck } from "../../config/mod.ts";
import {
  ActorSchema,
  type BackendInfo,
  BackendInfoSchema,
  type ByHand,
  ByHandSchema,
  DrainInfoSchema,
  FlapHoldInfoSchema,
  type FrontendInfo,
  FrontendInfoSchema,
  type HealthCheckInfo,
  HealthCheckInfoSchema,
  type PoolBackendInfo,
  PoolBackendInfoSchema,
  PoolInfoSchema,
  ProbeResultInfoSchema,
  ProbeTimesInfoSchema,
  type TransitionRecord,
  TransitionRecordSchema,
} from "../../gen/maglev_pb.ts";
import type { Transition } from "../../health/mod.ts";
import { notFound } from "../../rpc/mod.ts";

/** Nanoseconds in the wire's 64 bits, from milliseconds with fractions; rounded, never thrown. */
export function nanoseconds(ms: number): bigint {
  return Number.isFinite(ms) ? BigInt(Math.round(ms * 1e6)) : 0n;
}

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
  if (backend.lastProbe) info.lastProbe = probeToProto(backend.lastProbe);
  if (trend.times) info.probeTimes = timesToProto(trend.times);
  info.timeoutNs = nanoseconds(trend.timeoutMs);
  info.recentChanges = trend.changes;
  info.certificateEndUnixNs = nanoseconds(backend.certificateEnd ?? 0);
  return info;
}

/** What an operator has said of a backend itself. */
function stateByHandToProto({ state, fileEnabled, said }: BackendByHand): ByHand {
  return byHandToProto(state, fileEnabled ? "enabled" : "disabled", said);
}

/** What an operator has said, and the file does not. */
function byHandToProto(value: string, file: string, said: Said | undefined): ByHand {
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

function timesToProto(times: NonNullable<BackendTrend["times"]>) {
  const info = create(ProbeTimesInfoSchema);
  info.count = times.count;
  info.p50Ns = nanoseconds(times.p50);
  info.p95Ns = nanoseconds(times.p95);
  info.maxNs = nanoseconds(times.max);
  return info;
}

function probeToProto(probe: NonNullable<BackendSnapshot["lastProbe"]>) {
  const info = create(ProbeResultInfoSchema);
  info.ok = probe.ok;
  info.code = probe.code;
  info.detail = probe.detail;
  info.durationNs = nanoseconds(probe.durationMs);
  info.atUnixNs = nanoseconds(probe.at);
  return info;
}

/** Tells how a backend that a frontend uses stands; undefined when it is gone. */
type StandingOf = (
  backend: string,
) => Pick<BackendSnapshot, "state" | "since" | "byHand"> | undefined;

/** A frontend as the wire shows it, its pools and their backends in the file's order. */
export function frontendToProto(frontend: FrontendSnapshot, standingOf: StandingOf): FrontendInfo {
  const { config } = frontend;
  const info = create(FrontendInfoSchema);
  info.name = config.name;
  info.address = config.address.text;
  info.protocol = config.protocol;
  info.port = config.port;
  info.description = config.description;
  info.srcIpSticky = config.srcIpSticky;
  info.flushOnDown = config.flushOnDown;
  info.failOpen = failOpenText(config.failOpen);
  info.failOpenSinceUnixNs = nanoseconds(frontend.failOpenSince ?? 0);
  info.slowStartNs = nanoseconds(config.slowStartMs);
  info.state = frontend.state;
  info.activePool = frontend.activePool;
  info.pools = poolsToProto(frontend, standingOf);
  return info;
}

function poolsToProto(
  { config, weights, byHand, slowStarts }: FrontendSnapshot,
  standingOf: StandingOf,
) {
  const effective = new Map(weights.map((each) => [placeOf(each), each]));
  const said = new Map(byHand.map((each) => [placeOf(each), each]));
  return config.pools.map(({ name, backends }) => {
    const pool = create(PoolInfoSchema);
    pool.name = name;
    pool.backends = backends.map(({ backend, weight }) => {
      const info = memberToProto(backend, weight, standingOf(backend));
      const place = placeOf({ pool: name, backend });
      const known = effective.get(place);
      info.effectiveWeight = typeof known?.weight === "number" ? known.weight : 0;
      info.reason = known?.reason.kind ?? "";
      info.slowStartPercent = slowStarts.get(backend) ?? 0;
      const saved = said.get(place);
      if (saved) info.byHand = byHandToProto(`${weight}`, `${saved.fileWeight}`, saved.said);
      return info;
    });
    return pool;
  });
}

/** Names have no blanks. */
function placeOf({ pool, backend }: { readonly pool: string; readonly backend: string }): string {
  return `${pool} ${backend}`;
}

function memberToProto(
  backend: string,
  weight: number,
  standing: ReturnType<StandingOf>,
): PoolBackendInfo {
  const member = create(PoolBackendInfoSchema);
  member.name = backend;
  member.weight = weight;
  if (!standing) return member;
  member.state = standing.state;
  member.sinceUnixNs = nanoseconds(standing.since);
  if (standing.byHand) member.stateByHand = stateByHandToProto(standing.byHand);
  return member;
}

/** A health check as the wire shows it; what was left to its default and depends is empty. */
export function healthcheckToProto(check: HealthCheck): HealthCheckInfo {
  return create(HealthCheckInfoSchema, {
    name: check.name,
    type: check.type,
    port: check.type === "icmp" ? 0 : check.port,
    probeIpv4Src: check.probeIpv4Source?.text ?? "",
    probeIpv6Src: check.probeIpv6Source?.text ?? "",
    intervalNs: nanoseconds(check.intervalMs),
    fastIntervalNs: nanoseconds(check.fastIntervalMs),
    downIntervalNs: nanoseconds(check.downIntervalMs),
    timeoutNs: nanoseconds(check.timeoutMs),
    rise: check.rise,
    flap: check.flap ? flapText(check.flap) : "",
    fall: check.fall,
    ...paramsToProto(check),
  });
}

/** Of a type that has any. */
function paramsToProto(check: HealthCheck) {
  switch (check.type) {
    case "tcp": {
      const { tls } = check;
      const { serverName = "", insecureSkipVerify = false } = tls ?? {};
      return { tcp: { ssl: tls !== undefined, serverName, insecureSkipVerify } };
    }
    case "http":
    case "https": {
      const { path, host = "", responseCodeMin, responseCodeMax, tls } = check;
      const { responseRegexp = "" } = check;
      const { serverName = "", insecureSkipVerify } = tls;
      const response = { responseCodeMin, responseCodeMax, responseRegexp };
      return { http: { path, host, ...response, serverName, insecureSkipVerify } };
    }
    default:
      return {};
  }
}

/** A frontend as the wire shows it. Throws NotFound. */
export function shownFrontend(checker: CheckerView, name: string): FrontendInfo {
  const frontend = findFrontend(checker, name);
  if (!frontend) throw notFound("frontend", name);
  return frontend;
}

/** A frontend as the wire shows it, undefined when there is none of that name. */
export function findFrontend(checker: CheckerView, name: string): FrontendInfo | undefined {
  const frontend = checker.frontend(name);
  return frontend && frontendToProto(frontend, (backend) => checker.backend(backend));
}

/** A backend as the wire shows it. Throws NotFound. */
export function shownBackend(checker: CheckerView, name: string): BackendInfo {
  const backend = findBackend(checker, name);
  if (!backend) throw notFound("backend", name);
  return backend;
}

/** A backend as the wire shows it, undefined when there is none of that name. */
export function findBackend(checker: CheckerView, name: string): BackendInfo | undefined {
  const [backend, trend] = [checker.backend(name), checker.trend(name)];
  return backend && trend && backendToProto(backend, trend);
}
