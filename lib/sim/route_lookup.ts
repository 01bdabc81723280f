import type { Route } from "./fib.ts";
import {
  type FibPath,
  fibPathType,
  type IpRouteLookup,
  type IpRouteLookupReply,
  type Prefix,
} from "../gen/vpp.ts";
import { ipFromBytes } from "../ip/mod.ts";
import { prefixFromWire, prefixToWire } from "./ip46.ts";
import { retval } from "./lb_types.ts";
import type { Vpp } from "./vpp.ts";

const { FIB_API_PATH_TYPE_NORMAL: normal, FIB_API_PATH_TYPE_DROP: drop } = fibPathType;
const noInterface = 0xffff_ffff;
/** What `ip_route_lookup_v2` calls the owner of a VIP's route. */
const sourcePlugin = 0x17;

const noRoute = {
  table_id: 0,
  stats_index: 0,
  prefix: { address: ipFromBytes(new Uint8Array(4)), len: 0 },
  n_paths: 0,
  paths: [],
};

const noNextHop = {
  address: new Uint8Array(16),
  via_label: 0,
  obj_id: 0,
  classify_table_index: 0,
};

const noLabels = Array(16).fill({ is_uniform: 0, label: 0, ttl: 0, exp: 0 });

/** `ip_route_lookup`: the fields of the reply, and who made the route. */
export function lookUp(
  vpp: Vpp,
  asked: IpRouteLookup,
): { readonly reply: IpRouteLookupReply; readonly source: number } {
  if (asked.table_id !== 0) return none(retval.noSuchFib);
  const prefix = prefixFromWire(asked.prefix);
  const ipv4 = asked.prefix.address.family === 4;
  const found = asked.exact ? vpp.fib.exact(prefix, ipv4) : vpp.fib.longest(prefix, ipv4);
  if (!found) return none(retval.noSuchEntry);
  const route = {
    table_id: 0,
    stats_index: found.index,
    prefix: wireRoutePrefix(found, ipv4),
    n_paths: 1,
    paths: [pathOf(found, ipv4)],
  };
  return {
    reply: { retval: retval.ok, route },
    source: found.holders.has("vip") ? sourcePlugin : 0,
  };
}

function none(status: number) {
  return { reply: { retval: status, route: noRoute }, source: 0 };
}

function wireRoutePrefix({ prefix }: Route, ipv4: boolean): Prefix {
  if (ipv4) return prefixToWire(prefix);
  return { address: ipFromBytes(prefix.address), len: prefix.length };
}

/**
 * A VIP's path leads into the lb plugin; everything else here drops, a server's address included:
 * it inherits the default route, as in a VPP without interfaces.
 */
function pathOf(route: Route, ipv4: boolean): FibPath {
  return {
    sw_if_index: noInterface,
    table_id: 0,
    rpf_id: 0,
    weight: 1,
    preference: 0,
    type: route.holders.has("vip") ? normal : drop,
    flags: 0,
    proto: ipv4 ? 0 : 1,
    nh: noNextHop,
    n_labels: 0,
    label_stack: noLabels,
  };
}
