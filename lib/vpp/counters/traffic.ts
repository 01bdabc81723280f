import type { ServerTraffic } from "../../checker/mod.ts";
import type { LbCounters } from "../service.ts";

/** What VPP sent to servers, of one reading; undefined while nothing was read. */
export function trafficOf(counters: LbCounters | undefined): ServerTraffic | undefined {
  if (!counters || counters.at === 0) return undefined;
  const { at, servers } = counters;
  const known = servers.filter(({ isUnknown }) => !isUnknown);
  const byAddress = new Map(known.map(({ address, packets }) => [address, packets]));
  return { at, packetsTo: (address) => byAddress.get(address) };
}
