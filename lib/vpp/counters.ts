import type { ServerTraffic } from "../checker/mod.ts";
import { ipRouteLookup } from "../gen/vpp.ts";
import { compareIp, hostPrefix, type IpAddress } from "../ip/mod.ts";
import { type Clock, inSlices, mergeSort, type Steps, yieldIfDue } from "../time/mod.ts";
import {
  type Requester,
  RetvalError,
  type StatsSegment,
  type StatsView,
} from "../vppclient/mod.ts";
import type { Knowable, LbCounters } from "./service.ts";
import type { KnownState } from "./state/known.ts";
import { readExtras } from "./state/snapshot.ts";
import {
  type ActualVip,
  compareVips,
  hostOf,
  type IpPrefix,
  namedVip,
  prefixText,
} from "./state/vip.ts";

/** Nobody tells when somebody else's route takes over the index of one of ours. */
const relearnMs = 300_000;

/** Rows that are read at once, in a millisecond. */
const rowsPerSlice = 1_024;

/** The VIPs and servers that are counted, and what has changed about them. */
export type CountedState = Pick<
  KnownState,
  "version" | "all" | "takeChangedAddresses" | "poolIndexFound"
>;

/**
 * Reads the counters of what VPP is known to hold. One per connection. Whatever VPP could not yet
 * tell, a pool index or a route, is asked for again before the next reading.
 */
export class CounterReader {
  readonly #routes: RouteIndices;
  #rows: CounterRows = { vips: [], addresses: [], servers: [] };
  /** Of what is known, when the rows were made; undefined while something is missing in them. */
  #version: number | undefined;
  #learnedAt: number;

  constructor(
    private readonly client: Requester,
    private readonly segment: StatsSegment,
    private readonly known: CountedState,
    private readonly clock: Clock,
  ) {
    this.#routes = new RouteIndices(client, clock);
    this.#learnedAt = clock.now();
  }

  /** One reading. Rejects with SegmentError, or when the connection fails. */
  async read(): Promise<LbCounters> {
    await this.#prepare();
    const { vips, addresses, servers } = this.#rows;
    return {
      at: this.clock.wall(),
      vips: await this.#readRows(vips, vipReader),
      addresses: await this.#readRows(addresses, addressReader),
      servers: await this.#readRows(servers, serverReader),
    };
  }

  /** Reads some rows at a time, each time of one moment: what VPP counts goes on between them. */
  async #readRows<Row, Told>(
    rows: readonly Row[],
    reader: RowReader<Row, Told>,
  ): Promise<readonly Told[]> {
    const told: Told[] = [];
    // Also where there are none: whether the segment can be read shows each time.
    do {
      const some = rows.slice(told.length, told.length + rowsPerSlice);
      const read = await this.segment.read((view) => some.map(reader(view)));
      for (const each of read) told.push(each);
      await yieldIfDue(this.clock);
    } while (told.length < rows.length);
    return told;
  }

  /** Finds out where to read, if that may have changed. */
  async #prepare(): Promise<void> {
    if (this.clock.now() - this.#learnedAt >= relearnMs) this.#relearn();
    const { version } = this.known;
    if (version === this.#version) return;
    // All of them at once: what changes from here on is for the next time.
    const changed = this.known.takeChangedAddresses();
    await inSlices(this.clock, this.#routes.forget(changed));
    await this.#learnPoolIndices();
    const counted = await inSlices(this.clock, countedIn(this.known.all()));
    await this.#routes.learn(counted);
    this.#rows = await inSlices(this.clock, counterRows(counted, (key) => this.#routes.index(key)));
    this.#version = isComplete(this.#rows) ? version : undefined;
  }

  #relearn(): void {
    this.#learnedAt = this.clock.now();
    this.#routes.clear();
    this.#version = undefined;
  }

  /** VPP's text is the only place that tells them; a VIP just made is not in the last dump. */
  async #learnPoolIndices(): Promise<void> {
    const missing = [...this.known.all()].filter(({ poolIndex }) => poolIndex === undefined);
    if (missing.length === 0) return;
    const extras = await readExtras(this.client, this.clock);
    for (const { id } of missing) {
      const poolIndex = extras.get(id)?.poolIndex;
      if (poolIndex !== undefined) this.known.poolIndexFound(id, poolIndex);
    }
  }
}

/** Whether everything is known that VPP has to tell. */
function isComplete({ vips, addresses, servers }: CounterRows): boolean {
  return vips.every(({ pool }) => pool !== undefined) &&
    addresses.every(({ route }) => route !== undefined) &&
    servers.every(({ route }) => route !== undefined);
}

/**
 * What VPP sent to servers, of one reading; undefined while nothing was read. It is put together when
 * a server is first asked for, once for each reading.
 */
export function trafficOf(counters: LbCounters | undefined): ServerTraffic | undefined {
  if (!counters || counters.at === 0) return undefined;
  return trafficIn.getOrInsertComputed(counters, () => {
    let byAddress: ReadonlyMap<string, number> | undefined;
    return {
      at: counters.at,
      packetsTo: (address) => (byAddress ??= packetsIn(counters)).get(address),
    };
  });
}

/** Of readings that are asked for again, as with each drain that begins. */
const trafficIn = new WeakMap<LbCounters, ServerTraffic>();

function packetsIn({ servers }: LbCounters): ReadonlyMap<string, number> {
  const packets = new Map<string, number>();
  for (const server of servers) if (!server.isUnknown) packets.set(server.address, server.packets);
  return packets;
}

const windowSize = 128;

/**
 * Where VPP counts the packets of routes: indices into `/net/route/…`, looked up once and kept
 * until told that they may have changed.
 */
class RouteIndices {
  /** By prefix, as text. */
  readonly #indices = new Map<string, number>();

  constructor(private readonly client: Requester, private readonly clock: Clock) {}

  /** The index of a route; undefined when VPP has no such route, or was not asked. */
  index(key: IpPrefix): number | undefined {
    return this.#indices.get(prefixText(key));
  }

  /** Forgets the host routes of these addresses. */
  *forget(addresses: Iterable<IpAddress>): Steps<void> {
    for (const address of addresses) {
      this.#indices.delete(hostPrefix(address));
      yield;
    }
  }

  /** Forgets everything. */
  clear(): void {
    this.#indices.clear();
  }

  /** Looks up what is not known. Rejects when the connection fails. */
  async learn(counted: Counted): Promise<void> {
    const unknown = await inSlices(this.clock, this.#unknown(counted));
    for (let start = 0; start < unknown.length; start += windowSize) {
      await Promise.all(unknown.slice(start, start + windowSize).map((key) => this.#lookUp(key)));
      await yieldIfDue(this.clock);
    }
  }

  /** The routes that count and are not known. */
  *#unknown({ vips, servers }: Counted): Steps<IpPrefix[]> {
    const unknown: IpPrefix[] = [];
    for (const vip of vips) {
      if (!this.#indices.has(prefixText(vip))) unknown.push(vip);
      yield;
    }
    for (const address of servers) {
      if (!this.#indices.has(hostPrefix(address))) unknown.push(hostOf(address));
      yield;
    }
    return unknown;
  }

  /** A route that VPP does not have (-6) stays unknown and is asked for again. */
  async #lookUp({ address, prefixLength }: IpPrefix): Promise<void> {
    const prefix = { address, len: prefixLength };
    try {
      const reply = await this.client.request(ipRouteLookup, { table_id: 0, exact: 1, prefix });
      this.#indices.set(prefixText({ address, prefixLength }), reply.route.stats_index);
    } catch (error) {
      if (!(error instanceof RetvalError)) throw error;
    }
  }
}

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

/**
 * Where the counters are, prepared so that a reading does nothing but add up; an index is undefined
 * where it is not known, which reads as 0.
 */
export interface CounterRows {
  readonly vips: (ReturnType<typeof namedVip> & { readonly pool: number | undefined })[];
  readonly addresses: { readonly prefix: string; readonly route: number | undefined }[];
  readonly servers: { readonly address: string; readonly route: number | undefined }[];
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
  return { vips: yield* mergeSort(list, compareVips), servers: addresses };
}

/** Puts the rows together. Yields now and then, for slicing. */
export function* counterRows(
  { vips, servers }: Counted,
  indexOf: (key: IpPrefix) => number | undefined,
): Generator<void, CounterRows> {
  const rows: CounterRows = { vips: [], addresses: [], servers: [] };
  for (const vip of vips) {
    const named = namedVip(vip);
    const { prefix } = named;
    rows.vips.push({ ...named, pool: vip.poolIndex });
    // In order, so the VIPs of one prefix stand together.
    if (rows.addresses.at(-1)?.prefix !== prefix) {
      rows.addresses.push({ prefix, route: indexOf(vip) });
    }
    yield;
  }
  for (const address of servers) {
    rows.servers.push({ address: address.text, route: indexOf(hostOf(address)) });
    yield;
  }
  return rows;
}

/** Makes what is told of a row, with a view of one moment. */
type RowReader<Row, Told> = (view: StatsView) => (row: Row) => Told;

/** Of VIPs. Counters that do not exist yet are 0, here and below. */
const vipReader: RowReader<CounterRows["vips"][number], LbCounters["vips"][number]> = (view) => {
  const next = view.simple(statsNames.next);
  const first = view.simple(statsNames.first);
  const untracked = view.simple(statsNames.untracked);
  const noServer = view.simple(statsNames.noServer);
  return ({ prefix, protocol, port, pool }) => ({
    ...{ prefix, protocol, port, ...unknownIf(pool) },
    next: next(pool),
    first: first(pool),
    untracked: untracked(pool),
    noServer: noServer(pool),
  });
};

/** Of what a route leads to: what `named` says of it, and what was sent. */
function routeReader<Row extends { readonly route: number | undefined }, Named>(
  counter: string,
  named: (row: Row) => Named,
): RowReader<Row, Named & { readonly packets: number; readonly bytes: number } & Knowable> {
  return (view) => {
    const { packets, bytes } = view.combined(counter);
    return (row) => ({
      ...named(row),
      packets: packets(row.route),
      bytes: bytes(row.route),
      ...unknownIf(row.route),
    });
  };
}

/** Of their addresses. */
const addressReader = routeReader(
  statsNames.routeTo,
  ({ prefix }: CounterRows["addresses"][number]) => ({ prefix }),
);

/** Of servers. */
const serverReader = routeReader(
  statsNames.routeVia,
  ({ address }: CounterRows["servers"][number]) => ({ address }),
);

function unknownIf(index: number | undefined): Knowable {
  return index === undefined ? { isUnknown: true } : {};
}
