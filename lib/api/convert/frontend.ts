import { create } from "@bufbuild/protobuf";
import type { BackendSnapshot, FrontendSnapshot } from "../../checker/mod.ts";
import { failOpenText } from "../../config/mod.ts";
import type { FrontendInfo, PoolBackendInfo } from "../../gen/maglev_pb.ts";
import { FrontendInfoSchema, PoolBackendInfoSchema, PoolInfoSchema } from "../../gen/maglev_pb.ts";
import { byHandToProto, stateByHandToProto } from "./backend.ts";
import { nanoseconds } from "./time.ts";

/** Tells how a backend that a frontend uses stands; undefined when it is gone. */
export type StandingOf = (
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
