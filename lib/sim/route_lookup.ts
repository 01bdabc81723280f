import type { Route } from "./fib.ts";
import type { WirePrefix } from "./fields.ts";
import { prefixFromWire, prefixToWire } from "./ip46.ts";
import { retval } from "./lb_types.ts";
import type { Fields, messages } from "./messages.ts";
import type { Vpp } from "./vpp.ts";

const noInterface = 0xffff_ffff;
/** FIB_API_PATH_TYPE_DROP. */
const pathDrop = 2;
/** What `ip_route_lookup_v2` calls the owner of a VIP's route. */
const sourcePlugin = 0x17;

const noRoute = {
  table_id: 0,
  stats_index: 0,
  prefix: { address: { family: 0, bytes: new Uint8Array(16) }, length: 0 },
};

/** `ip_route_lookup`: the fields that both versions of the reply share, and who made the route. */
export function lookUp(vpp: Vpp, asked: Fields<typeof messages.routeLookup>) {
  if (asked.table_id !== 0) {
    return { retval: retval.noSuchFib, route: noRoute, paths: [], source: 0 };
  }
  const prefix = prefixFromWire(asked.prefix);
  const ipv4 = asked.prefix.address.family === 0;
  const found = asked.exact ? vpp.fib.exact(prefix, ipv4) : vpp.fib.longest(prefix, ipv4);
  if (!found) return { retval: retval.noSuchEntry, route: noRoute, paths: [], source: 0 };
  return {
    retval: retval.ok,
    route: { table_id: 0, stats_index: found.index, prefix: wireRoutePrefix(found, ipv4) },
    paths: [pathOf(found, ipv4)],
    source: found.holders.has("vip") ? sourcePlugin : 0,
  };
}

function wireRoutePrefix({ prefix }: Route, ipv4: boolean): WirePrefix {
  if (ipv4) return prefixToWire(prefix);
  return { address: { family: 1, bytes: prefix.address }, length: prefix.length };
}

/**
 * A VIP's path leads into the lb plugin; everything else here drops, a server's address included:
 * it inherits the default route, as in a VPP without interfaces.
 */
function pathOf(route: Route, ipv4: boolean) {
  return {
    sw_if_index: noInterface,
    table_id: 0,
    rpf_id: 0,
    weight: 1,
    preference: 0,
    type: route.holders.has("vip") ? 0 : pathDrop,
    flags: 0,
    proto: ipv4 ? 0 : 1,
    nh: new Uint8Array(28),
    n_labels: 0,
    label_stack: new Uint8Array(16 * 7),
  };
}
