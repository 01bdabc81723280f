import type { VPPLBCounters } from "../gen/maglev_pb.ts";
import type { Rate, Traffic } from "./wire.ts";

/** So many rates of each frontend and backend are kept: of a quarter of an hour at 5 s each. */
const kept = 180;

/** The rates of one frontend or backend: when (Unix milliseconds), packets and bits a second. */
export type TrafficPoint = readonly [at: number, packets: number, bits: number];

interface Counts {
  readonly kind: "frontend" | "backend";
  readonly name: string;
  readonly packets: number;
  /** -1: they are not its own. */
  readonly bytes: number;
}

/** Turns counters into rates, and keeps those of the last quarter of an hour. */
export class TrafficRates {
  #before: { readonly at: number; readonly counts: ReadonlyMap<string, Counts> } | undefined;
  readonly #points = new Map<string, TrafficPoint[]>();

  /** The rates since the counters before; undefined if these are the first, or no others. */
  take(counters: VPPLBCounters): Traffic | undefined {
    const at = Number(counters.atUnixNs) / 1e6;
    const before = this.#before;
    if (before?.at === at) return undefined;
    const counts = countsOf(counters);
    this.#before = { at, counts };
    if (!before || at === 0) return undefined;
    const seconds = (at - before.at) / 1000;
    const rates: Record<Counts["kind"], Rate[]> = { frontend: [], backend: [] };
    for (const [key, now] of counts) {
      const then = before.counts.get(key);
      // VPP was restarted, or the VIP was made anew.
      if (!then || now.packets < then.packets || now.bytes < then.bytes) continue;
      const packets = round((now.packets - then.packets) / seconds);
      const bits = now.bytes < 0 ? -1 : round((now.bytes - then.bytes) * 8 / seconds);
      rates[now.kind].push([now.name, packets, bits]);
      this.#keep(key, [at, packets, bits]);
    }
    for (const key of this.#points.keys()) if (!counts.has(key)) this.#points.delete(key);
    return { kind: "traffic", at, frontends: rates.frontend, backends: rates.backend };
  }

  /** VPP is away: what comes next cannot be compared with what was. */
  interrupt(): void {
    this.#before = undefined;
  }

  /** The rates of a frontend or backend, the oldest first. */
  points(kind: "frontend" | "backend", name: string): readonly TrafficPoint[] {
    return this.#points.get(`${kind} ${name}`) ?? [];
  }

  #keep(key: string, point: TrafficPoint): void {
    const points = this.#points.getOrInsertComputed(key, () => []);
    points.push(point);
    if (points.length > kept) points.shift();
  }
}

/** By kind and name. */
function countsOf({ vips, addresses, servers }: VPPLBCounters): Map<string, Counts> {
  const counts = new Map<string, Counts>();
  const add = (each: Counts) => counts.set(`${each.kind} ${each.name}`, each);
  // The octets of an address are those of a frontend that has it alone.
  const own = new Map(
    addresses.flatMap(({ frontends: [only, ...others], bytes }) =>
      only !== undefined && others.length === 0 ? [[only, Number(bytes)]] : []
    ),
  );
  for (const { frontend, nextPacket, firstPacket, untrackedPacket, noServer } of vips) {
    if (frontend === "") continue;
    const packets = Number(nextPacket + firstPacket + untrackedPacket + noServer);
    add({ kind: "frontend", name: frontend, packets, bytes: own.get(frontend) ?? -1 });
  }
  for (const { backends, packets, bytes } of servers) {
    for (const name of backends) {
      add({ kind: "backend", name, packets: Number(packets), bytes: Number(bytes) });
    }
  }
  return counts;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
