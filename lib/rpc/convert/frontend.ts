import { create } from "@bufbuild/protobuf";
import type { FrontendSnapshot } from "../../checker/mod.ts";
import type { Pool } from "../../config/mod.ts";
import type { FrontendInfo, PoolInfo } from "../../gen/maglev_pb.ts";
import { FrontendInfoSchema, PoolBackendInfoSchema, PoolInfoSchema } from "../../gen/maglev_pb.ts";
import type { BackendState, EffectiveWeight } from "../../health/mod.ts";

/** Tells the state of a backend that a frontend uses; undefined when it is gone. */
export type StateOf = (backend: string) => BackendState | undefined;

/** A frontend as the wire shows it, its pools and their backends in the file's order. */
export function frontendToProto(frontend: FrontendSnapshot, stateOf: StateOf): FrontendInfo {
  const { config } = frontend;
  const info = create(FrontendInfoSchema);
  info.name = config.name;
  info.address = config.address.text;
  info.protocol = config.protocol;
  info.port = config.port;
  info.description = config.description;
  info.srcIpSticky = config.srcIpSticky;
  info.flushOnDown = config.flushOnDown;
  info.state = frontend.state;
  info.activePool = frontend.activePool;
  const weights = effectiveWeights(frontend.weights);
  info.pools = config.pools.map((pool) => poolToProto(pool, weights, stateOf));
  return info;
}

/** Effective weights by pool, then by backend. */
type WeightTable = ReadonlyMap<string, ReadonlyMap<string, number>>;

function effectiveWeights(weights: readonly EffectiveWeight[]): WeightTable {
  const table = new Map<string, Map<string, number>>();
  for (const { pool, backend, weight } of weights) {
    const row = table.get(pool);
    const shown = weight === "kept" ? 0 : weight;
    if (row) row.set(backend, shown);
    else table.set(pool, new Map([[backend, shown]]));
  }
  return table;
}

function poolToProto(pool: Pool, weights: WeightTable, stateOf: StateOf): PoolInfo {
  const row = weights.get(pool.name);
  const info = create(PoolInfoSchema);
  info.name = pool.name;
  info.backends = pool.backends.map(({ backend, weight }) => {
    const member = create(PoolBackendInfoSchema);
    member.name = backend;
    member.weight = weight;
    member.effectiveWeight = row?.get(backend) ?? 0;
    member.state = stateOf(backend) ?? "";
    return member;
  });
  return info;
}
