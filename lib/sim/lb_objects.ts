import { prefixToWire, toWire } from "./ip46.ts";
import type { EncapArguments, Server, Vip, VipKey, VipType } from "./lb_types.ts";
import { Pool } from "./pool.ts";

/** What is settled when a VIP is made. */
export interface VipTraits {
  readonly key: VipKey;
  readonly type: VipType;
  readonly sticky: boolean;
  readonly tableLength: number;
  readonly encapArguments: EncapArguments;
}

/** A VIP in use, without servers. */
export function newVip(index: number, { key, ...traits }: VipTraits): Vip {
  return {
    ...traits,
    index,
    prefix: key.prefix,
    protocol: key.protocol,
    port: key.port,
    wire: prefixToWire(key.prefix),
    servers: new Pool<number>(),
    byAddress: new Map(),
    used: true,
    table: undefined,
  };
}

/** A server in use, with weight 0. */
export function newServer(index: number, address: Uint8Array, routeIndex: number): Server {
  const wire = toWire(address);
  return { index, address, wire, routeIndex, used: true, weight: 0, lastUsed: 0, flows: 0 };
}
