import type { DesiredSource } from "../checker/mod.ts";
import type { Frontend } from "../config/mod.ts";
import type { Weight } from "../health/mod.ts";
import { hostPrefix } from "../ip/mod.ts";
import type { VipSnapshot } from "../sim/mod.ts";
import type { Site } from "./site.ts";

/** A server as it is desired. */
export interface WantedServer {
  readonly weight: Weight;
  /** Instead of a weight that is to be kept, if VPP has none; 0 if absent. */
  readonly otherwise?: number | undefined;
  readonly flush: boolean;
}

/** A VIP as it is desired. */
export interface WantedVip {
  readonly prefix: string;
  readonly protocol: number;
  readonly port: number;
  readonly encap: "gre4" | "gre6";
  readonly sticky: boolean;
  /** By address. */
  readonly servers: ReadonlyMap<string, WantedServer>;
}

/** All that is desired at one moment, by {@link vipName}. */
export type Wanted = ReadonlyMap<string, WantedVip>;

/** IP protocols by their numbers. */
export const protocols = { tcp: 6, udp: 17, any: 255 } as const;

/** Names a VIP. */
export function vipName(
  { prefix, protocol, port }: Pick<VipSnapshot, "prefix" | "protocol" | "port">,
): string {
  return `${prefix} ${protocol} ${port}`;
}

/** What VPP is to hold, worked out from the checker's snapshots alone, or from those foreseen. */
export function wantedNow(checker: DesiredSource): Wanted {
  const wanted = new Map<string, WantedVip>();
  for (const name of checker.frontendNames()) {
    const frontend = checker.frontend(name);
    if (!frontend) continue;
    const servers = new Map<string, WantedServer>();
    let encap: WantedVip["encap"] = "gre4";
    for (const { backend, weight, otherwise, flush } of frontend.weights) {
      const address = checker.config.backends.get(backend)?.address;
      if (!address) continue;
      if (address.family === 6) encap = "gre6";
      servers.set(address.text, { weight, otherwise, flush });
    }
    const vip = { ...keyOf(frontend.config), encap, sticky: frontend.config.srcIpSticky, servers };
    wanted.set(vipName(vip), vip);
  }
  return wanted;
}

function keyOf({ address, protocol, port }: Frontend) {
  return { prefix: hostPrefix(address), protocol: port === 0 ? 255 : protocols[protocol], port };
}

/** How what VPP holds differs from what is desired; the empty list is right. */
export function differences(wanted: Wanted, held: readonly VipSnapshot[]): string[] {
  const wrong: string[] = [];
  const used = new Map(held.filter((vip) => vip.used).map((vip) => [vipName(vip), vip]));
  for (const [name, vip] of wanted) {
    const there = used.get(name);
    if (there) wrong.push(...vipDifferences(name, vip, there));
    else wrong.push(`${name} is missing`);
  }
  for (const name of used.keys()) if (!wanted.has(name)) wrong.push(`${name} is left over`);
  return wrong;
}

/** How one VIP differs from what is desired. */
function vipDifferences(name: string, vip: WantedVip, held: VipSnapshot): string[] {
  const wrong: string[] = [];
  if (!held.type.endsWith(vip.encap)) wrong.push(`${name} is ${held.type}, not ${vip.encap}`);
  if (held.sticky !== vip.sticky) wrong.push(`${name} has sticky ${held.sticky}`);
  const servers = new Map(
    held.servers.filter((server) => server.used).map((server) => [server.address, server]),
  );
  for (const [address, { weight }] of vip.servers) {
    const there = servers.get(address);
    if (!there) wrong.push(`${name} lacks ${address}`);
    else if (weight !== "kept" && there.weight !== weight) {
      wrong.push(`${name} has ${address} at ${there.weight}, not ${weight}`);
    }
  }
  for (const address of servers.keys()) {
    if (!vip.servers.has(address)) wrong.push(`${name} has ${address} left over`);
  }
  return wrong;
}

/** Whether the same is desired. */
export function isSameWanted(a: Wanted, b: Wanted): boolean {
  if (a.size !== b.size) return false;
  for (const [name, vip] of a) {
    const other = b.get(name);
    if (!other || vip.encap !== other.encap || vip.sticky !== other.sticky) return false;
    if (vip.servers.size !== other.servers.size) return false;
    for (const [address, { weight, otherwise, flush }] of vip.servers) {
      const server = other.servers.get(address);
      if (server?.weight !== weight || server.flush !== flush) return false;
      if (server.otherwise !== otherwise) return false;
    }
  }
  return true;
}

/** Servers that are to have less traffic than before, a line each. */
export function loweredPlaces(before: Wanted, after: Wanted): string[] {
  return places(before, after, (was, is) => typeof is === "number" && is < was);
}

/** What a restart alone has changed, `lost` events included, a line each; a kept weight is any. */
export function restartFaults(before: Wanted, after: Wanted = new Map(), lost = 0): string[] {
  const changed = places(before, after, (was, is) => is !== "kept" && is !== was);
  return [
    ...(lost > 0 ? [`a restart forgot ${lost} events`] : []),
    ...changed.map((place) => `a restart alone changed ${place}`),
  ];
}

/** Whether a name that stays stands for another server since the file was edited. */
export function isNameMoved({ backends: before }: Site, { backends: after }: Site): boolean {
  return Object.entries(after).some(([name, { server }]) =>
    name in before && before[name]?.server !== server
  );
}

function places(
  before: Wanted,
  after: Wanted,
  isTold: (was: number, is: Weight | undefined) => boolean,
): string[] {
  const lines: string[] = [];
  for (const [name, { servers }] of before) {
    for (const [address, { weight }] of servers) {
      const now = after.get(name)?.servers.get(address)?.weight;
      if (typeof weight !== "number" || !isTold(weight, now)) continue;
      lines.push(`${address} of ${name}: ${weight} -> ${now}`);
    }
  }
  return lines;
}
