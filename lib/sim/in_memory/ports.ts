import { type Connect, segmentIn, type SegmentOptions, type StatsSegment } from "../../vpp/mod.ts";
import type { InMemoryVpp } from "./vpp.ts";

/** How maglevd reaches a VPP: what takes the place of its sockets. */
export interface VppPorts {
  /** Connects to the API. */
  readonly connect: Connect;
  /** Gets the stats segment. */
  readonly openSegment: (path: string, options: SegmentOptions) => Promise<StatsSegment>;
}

/** The ports to a simulated VPP; the paths mean nothing. */
export function portsOf(vpp: InMemoryVpp): VppPorts {
  return {
    connect: (path, signal) => vpp.connect(path, signal),
    openSegment: async (_, options) => segmentIn(await vpp.openStats(options), options),
  };
}
