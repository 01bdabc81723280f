import type { Clock } from "../time/mod.ts";
import type { LbCounters, VipCounters, VppInfo, VppService } from "../vpp/mod.ts";
import { type Collector, collector, type Sample } from "./exposition.ts";
import { type Family, vppFamilies } from "./families.ts";

/** The families that show VPP; without series while it is away. */
export function vppCollectors(vpp: VppService, clock: Clock): readonly Collector[] {
  const { connected, uptime, connectedFor, inStep, info } = vppFamilies;
  const since = (time: number) => Math.max(0, clock.wall() - time) / 1000;
  const fromInfo = (family: Family, samples: (info: VppInfo) => Sample[]) =>
    collector(family, () => {
      const now = vpp.info();
      return now ? samples(now) : [];
    });
  return [
    collector(connected, () => [[vpp.info() ? 1 : 0]]),
    collector(inStep, () => {
      const step = vpp.step();
      return step ? [[step.inStep ? 1 : 0]] : [];
    }),
    fromInfo(uptime, ({ bootTime }) => bootTime > 0 ? [[since(bootTime)]] : []),
    fromInfo(connectedFor, ({ connectedSince }) => [[since(connectedSince)]]),
    fromInfo(info, ({ version, buildDate, pid }) => [[1, version, buildDate, String(pid)]]),
    ...counterCollectors(vpp),
  ];
}

function counterCollectors(vpp: VppService): readonly Collector[] {
  const { vipPackets, vipRoutePackets, vipRouteBytes, serverPackets, serverBytes } = vppFamilies;
  const from = (family: Family, samples: (counters: LbCounters) => Iterable<Sample>) =>
    collector(family, () => {
      const counters = vpp.counters();
      return counters && counters.at > 0 ? samples(counters) : [];
    });
  return [
    from(vipPackets, ({ vips }) => known(vips).flatMap(packetSamples)),
    from(
      vipRoutePackets,
      ({ addresses }) => known(addresses).map((each) => [each.packets, each.prefix, ...allPorts]),
    ),
    from(
      vipRouteBytes,
      ({ addresses }) => known(addresses).map((each) => [each.bytes, each.prefix, ...allPorts]),
    ),
    from(
      serverPackets,
      ({ servers }) => known(servers).map((each) => [each.packets, each.address]),
    ),
    from(serverBytes, ({ servers }) => known(servers).map((each) => [each.bytes, each.address])),
  ];
}

/**
 * Without those that VPP has not told: as a 0 each would be taken for a reset, and all of it counted
 * once more when it is told.
 */
function known<T extends { readonly isUnknown?: true }>(counters: readonly T[]) {
  return counters.values().filter(({ isUnknown }) => !isUnknown);
}

/**
 * Protocol and port of what VPP counts per address: as those of a VIP for all ports. With the
 * labels of each VIP it would be counted once for each port, in sums as well.
 */
const allPorts = ["any", "0"] as const;

function packetSamples(vip: VipCounters): Sample[] {
  const labels = [vip.prefix, vip.protocol, String(vip.port)];
  return [
    [vip.next, ...labels, "next"],
    [vip.first, ...labels, "first"],
    [vip.untracked, ...labels, "untracked"],
    [vip.noServer, ...labels, "no_server"],
  ];
}
