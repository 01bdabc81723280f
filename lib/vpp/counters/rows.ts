import { compareIp, type IpAddress } from "../../ip/mod.ts";
import { mergeSort, type Steps } from "../../time/mod.ts";
import { type ActualVip, compareVips, namedVip } from "../lb/mod.ts";
import type { LbCounters } from "../service.ts";
import type { StatsView } from "../stats/mod.ts";
import { hostRoute, type RouteKey } from "./routes.ts";

/** Entries of the stats segment. The lb plugin's have no leading slash (docs/vpp.md). */
export const statsNames = {
  bootTime: "/sys/boottime",
  next: "packet from existing sessions",
  first: "first session packet",
  untracked: "untracked packet",
  noServer: "no server configured",
  /** Packets that a route delivered to what it leads to: here a VIP. */
  routeTo: "/net/route/to",
  /** Packets sent by way of a route: here to a server, encapsulation included. */
  routeVia: "/net/route/via",
} as const;

/** Where the counters of one VIP are; undefined where that is not known, which reads as 0. */
interface VipRow extends ReturnType<typeof namedVip> {
  readonly pool: number | undefined;
}

/** Where the counters of one prefix of VIPs are. */
interface AddressRow {
  readonly prefix: string;
  readonly route: number | undefined;
}

/** Where the counters of one server are. */
interface ServerRow {
  readonly address: string;
  readonly route: number | undefined;
}

/** What is read each time, prepared so that a reading does nothing but add up. */
export interface CounterRows {
  readonly vips: readonly VipRow[];
  readonly addresses: readonly AddressRow[];
  readonly servers: readonly ServerRow[];
}

/** Everything that is counted, in order. */
export interface Counted {
  readonly vips: readonly ActualVip[];
  readonly servers: readonly IpAddress[];
}

/** The VIPs, and every server address once. Yields now and then, for slicing. */
export function* countedIn(vips: Iterable<ActualVip>): Steps<Counted> {
  const list: ActualVip[] = [];
  const servers = new Map<string, IpAddress>();
  for (const vip of vips) {
    list.push(vip);
    for (const [text, { address }] of vip.servers) servers.set(text, address);
    yield;
  }
  const addresses = yield* mergeSort([...servers.values()], compareIp);
  return { vips: list.sort(compareVips), servers: addresses };
}

/** The routes that count for them. */
export function routesOf({ vips, servers }: Counted): RouteKey[] {
  return [...vips, ...servers.map(hostRoute)];
}

/** Puts the rows together. Yields now and then, for slicing. */
export function* counterRows(
  { vips, servers }: Counted,
  indexOf: (key: RouteKey) => number | undefined,
): Generator<void, CounterRows> {
  const vipRows: VipRow[] = [];
  const addressRows: AddressRow[] = [];
  for (const vip of vips) {
    const named = namedVip(vip);
    const { prefix } = named;
    vipRows.push({ ...named, pool: vip.poolIndex });
    // In order, so the VIPs of one prefix stand together.
    if (addressRows.at(-1)?.prefix !== prefix) {
      addressRows.push({ prefix, route: indexOf(vip) });
    }
    yield;
  }
  const serverRows: ServerRow[] = [];
  for (const address of servers) {
    serverRows.push({ address: address.text, route: indexOf(hostRoute(address)) });
    yield;
  }
  return { vips: vipRows, addresses: addressRows, servers: serverRows };
}

/** Reads all rows at Unix milliseconds `at`. Counters that do not exist yet are 0. */
export function readCounters(rows: CounterRows, view: StatsView, at: number): LbCounters {
  const next = view.simple(statsNames.next);
  const first = view.simple(statsNames.first);
  const untracked = view.simple(statsNames.untracked);
  const noServer = view.simple(statsNames.noServer);
  const to = view.combined(statsNames.routeTo);
  const via = view.combined(statsNames.routeVia);
  return {
    at,
    vips: rows.vips.map(({ prefix, protocol, port, pool }) => ({
      ...{ prefix, protocol, port },
      next: next(pool),
      first: first(pool),
      untracked: untracked(pool),
      noServer: noServer(pool),
    })),
    addresses: rows.addresses.map(({ prefix, route }) => ({
      prefix,
      packets: to.packets(route),
      bytes: to.bytes(route),
    })),
    servers: rows.servers.map(({ address, route }) => ({
      address,
      packets: via.packets(route),
      bytes: via.bytes(route),
      ...(route === undefined && { isUnknown: true }),
    })),
  };
}
