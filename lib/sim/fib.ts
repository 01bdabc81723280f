import {
  type FibPath,
  fibPathType,
  type IpRouteLookup,
  type IpRouteLookupReply,
  type Prefix,
} from "../gen/vpp.ts";
import { ipFromBytes } from "../ip/mod.ts";
import { masked, type Prefix46, prefixFromWire, prefixIsIpv4, prefixToWire } from "./ip46.ts";
import { Pool } from "./pool.ts";
import { retval } from "./lb_types.ts";

/** Who holds a route: a VIP (the lb plugin's own forwarding), a server's address, or VPP itself. */
export type RouteSource = "vip" | "server" | "default";

/** A route of table 0. */
export interface Route {
  readonly prefix: Prefix46;
  /** Of its load-balance object: `stats_index` in the API, `dpo` in the CLI. */
  readonly index: number;
  readonly holders: ReadonlyMap<RouteSource, number>;
}

/** VPP's routes when it starts, in the order of their load-balance indices 1 to 7. */
const defaults: readonly (readonly [ipv4: boolean, first: readonly number[], length: number])[] = [
  [true, [0], 0],
  [true, [0], 32],
  [true, [240], 4],
  [true, [224], 4],
  [true, [255, 255, 255, 255], 32],
  [false, [0], 0],
  [false, [0xfe, 0x80], 10],
];

/** The forwarding table as far as the lb plugin moves it, and the indices it hands out. */
export class Fib {
  readonly #routes = new Map<string, { route: Route; holders: Map<RouteSource, number> }>();
  readonly #indices = new Pool<true>();
  readonly #onNewIndex: (index: number) => void;
  #version = 0;

  /** `onNewIndex` hears of each index given out, used ones again included. */
  constructor(onNewIndex: (index: number) => void) {
    this.#onNewIndex = onNewIndex;
    this.#indices.put(true);
    for (const [ipv4, first, length] of defaults) {
      const address = new Uint8Array(16);
      address.set(first, ipv4 ? 12 : 0);
      this.hold({ address, length: length + (ipv4 ? 96 : 0) }, "default", ipv4);
    }
  }

  /** Changes whenever a route comes, goes, or changes hands. */
  get version(): number {
    return this.#version;
  }

  /** Adds a holder to the route of this prefix, making the route if need be; returns its index. */
  hold(prefix: Prefix46, source: RouteSource, ipv4 = prefixIsIpv4(prefix)): number {
    const key = keyOf(prefix, ipv4);
    const entry = this.#routes.getOrInsertComputed(key, () => this.#create(prefix));
    entry.holders.set(source, (entry.holders.get(source) ?? 0) + 1);
    this.#version++;
    return entry.route.index;
  }

  /** Removes a holder; the route goes with the last one. */
  release(prefix: Prefix46, source: RouteSource): void {
    const key = keyOf(prefix, prefixIsIpv4(prefix));
    const entry = this.#routes.get(key);
    if (!entry) return;
    this.#version++;
    const left = (entry.holders.get(source) ?? 0) - 1;
    if (left > 0) entry.holders.set(source, left);
    else entry.holders.delete(source);
    if (entry.holders.size > 0) return;
    this.#routes.delete(key);
    this.#indices.free(entry.route.index);
  }

  /** The route of exactly this prefix. */
  exact(prefix: Prefix46, ipv4 = prefixIsIpv4(prefix)): Route | undefined {
    return this.#routes.get(keyOf(prefix, ipv4))?.route;
  }

  /** The longest match for this prefix. */
  longest(prefix: Prefix46, ipv4 = prefixIsIpv4(prefix)): Route | undefined {
    return this.#longest(prefix, ipv4, () => true);
  }

  /** The route that says where packets for this address go: a server's own does as its cover. */
  forwarding(address: Uint8Array): Route | undefined {
    const prefix = hostPrefix(address);
    const decides = ({ holders }: Route) => holders.has("vip") || holders.has("default");
    return this.#longest(prefix, prefixIsIpv4(prefix), decides);
  }

  #longest(prefix: Prefix46, ipv4: boolean, fits: (route: Route) => boolean): Route | undefined {
    for (let length = prefix.length; length >= (ipv4 ? 96 : 0); length--) {
      const route = this.exact({ address: masked(prefix.address, length), length }, ipv4);
      if (route && fits(route)) return route;
    }
    return undefined;
  }

  #create(prefix: Prefix46): { route: Route; holders: Map<RouteSource, number> } {
    const holders = new Map<RouteSource, number>();
    const index = this.#indices.put(true);
    this.#onNewIndex(index);
    return { route: { prefix, index, holders }, holders };
  }
}

/** The host prefix of an address. */
export function hostPrefix(address: Uint8Array): Prefix46 {
  return { address, length: 128 };
}

/** ::/0 and 0.0.0.0/0 are alike as ip46, so the family is part of the key. */
function keyOf(prefix: Prefix46, ipv4: boolean): string {
  return `${ipv4 ? 4 : 6} ${prefix.address.toHex()}/${prefix.length}`;
}

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
  fib: Fib,
  asked: IpRouteLookup,
): { readonly reply: IpRouteLookupReply; readonly source: number } {
  if (asked.table_id !== 0) return none(retval.noSuchFib);
  const prefix = prefixFromWire(asked.prefix);
  const ipv4 = asked.prefix.address.family === 4;
  const found = asked.exact ? fib.exact(prefix, ipv4) : fib.longest(prefix, ipv4);
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
