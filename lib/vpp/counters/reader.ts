import type { ServerTraffic } from "../../checker/mod.ts";
import { type Clock, inSlices } from "../../time/mod.ts";
import type { ApiClient } from "../client/mod.ts";
import { parseVerbose, verboseCommand } from "../lb/mod.ts";
import { cliInband } from "../../gen/vpp.ts";
import type { LbCounters } from "../service.ts";
import type { StatsSegment } from "../stats/mod.ts";
import type { KnownState } from "../sync/mod.ts";
import { RouteIndices } from "./routes.ts";
import { countedIn, type CounterRows, counterRows, readCounters, routesOf } from "./rows.ts";

/** Nobody tells when somebody else's route takes over the index of one of ours. */
const relearnMs = 300_000;

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
    private readonly client: Pick<ApiClient, "request">,
    private readonly segment: StatsSegment,
    private readonly known: CountedState,
    private readonly clock: Clock,
  ) {
    this.#routes = new RouteIndices(client);
    this.#learnedAt = clock.now();
  }

  /** One reading. Rejects with SegmentError, or when the connection fails. */
  async read(): Promise<LbCounters> {
    await this.#prepare();
    const rows = this.#rows;
    return await this.segment.read((view) => readCounters(rows, view, this.clock.wall()));
  }

  /** Finds out where to read, if that may have changed. */
  async #prepare(): Promise<void> {
    if (this.clock.now() - this.#learnedAt >= relearnMs) this.#relearn();
    const { version } = this.known;
    if (version === this.#version) return;
    for (const address of this.known.takeChangedAddresses()) this.#routes.forget(address);
    await this.#learnPoolIndices();
    const counted = await inSlices(this.clock, countedIn(this.known.all()));
    const routes = routesOf(counted);
    await this.#routes.learn(routes);
    this.#rows = await inSlices(this.clock, counterRows(counted, (key) => this.#routes.index(key)));
    const isComplete = counted.vips.every(({ poolIndex }) => poolIndex !== undefined) &&
      routes.every((key) => this.#routes.index(key) !== undefined);
    this.#version = isComplete ? version : undefined;
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
    const { reply } = await this.client.request(cliInband, { cmd: verboseCommand });
    const extras = await inSlices(this.clock, parseVerbose(reply));
    for (const { id } of missing) {
      const poolIndex = extras.get(id)?.poolIndex;
      if (poolIndex !== undefined) this.known.poolIndexFound(id, poolIndex);
    }
  }
}

/** What VPP sent to servers, of one reading; undefined while nothing was read. */
export function trafficOf(counters: LbCounters | undefined): ServerTraffic | undefined {
  if (!counters || counters.at === 0) return undefined;
  const { at, servers } = counters;
  const known = servers.filter(({ isUnknown }) => !isUnknown);
  const byAddress = new Map(known.map(({ address, packets }) => [address, packets]));
  return { at, packetsTo: (address) => byAddress.get(address) };
}
