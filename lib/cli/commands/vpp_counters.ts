import type { VPPLBCounters, VPPLBVIPCounters } from "../../gen/maglev_pb.ts";
import { formatCount, stripHostMask } from "../format.ts";
import type { View } from "../node.ts";
import { messageJson, report } from "../report.ts";
import { formatTable, left, right } from "../table.ts";
import { ofVpp } from "../asking.ts";
import { formatPort } from "./frontends.ts";

/** Counters now and, in a shell, at the reading before. */
export interface CounterReadings {
  readonly now: VPPLBCounters;
  readonly before: VPPLBCounters | undefined;
}

const memoryKey = "vpp lb counters";

/** `show vpp lb counters`. */
export const showVppCounters = report({
  fetch: async (context): Promise<CounterReadings> => {
    const { memory } = context;
    const before = memory.get(memoryKey) as VPPLBCounters | undefined;
    const now = await ofVpp(context, (client, options) => client.getVPPLBCounters({}, options));
    if (now.atUnixNs !== before?.atUnixNs) memory.set(memoryKey, now);
    return { now, before };
  },
  text: formatCounters,
  json: ({ now }) => messageJson(now),
});

/** Per VIP, per address of VIPs, per server; rates where an earlier reading is known. */
function formatCounters({ now, before }: CounterReadings, view: View): string {
  if (now.vips.length === 0) return "no VIP counters yet";
  const seconds = before ? Number(now.atUnixNs - before.atUnixNs) / 1e9 : 0;
  const table = (columns: readonly [string, string], of: (counters: VPPLBCounters) => Traffic[]) =>
    trafficTable(columns, of(now), before && of(before), seconds, view);
  return [
    vipTable(now.vips, before?.vips, seconds, view),
    table(["address", "frontends"], addressesOf),
    ...now.servers.length > 0 ? [table(["server", "backends"], serversOf)] : [],
  ].join("\n\n");
}

function vipTable(
  now: readonly VPPLBVIPCounters[],
  before: readonly VPPLBVIPCounters[] | undefined,
  seconds: number,
  view: View,
): string {
  const key = ({ prefix, protocol, port }: VPPLBVIPCounters) => `${prefix} ${protocol} ${port}`;
  const earlier = new Map(before?.map((vip) => [key(vip), packetsOf(vip)]));
  const columns = [
    ...left("vip", "protocol"),
    ...right("port", "first", "next", "untracked", "no-server"),
    ...(seconds > 0 ? right("packets/s") : []),
    ...left("frontend"),
  ];
  const rows = now.map((vip) => [
    stripHostMask(vip.prefix),
    vip.protocol,
    formatPort(vip.port),
    ...[vip.firstPacket, vip.nextPacket, vip.untrackedPacket, vip.noServer].map(formatCount),
    ...(seconds > 0 ? [formatRate(packetsOf(vip), earlier.get(key(vip)), seconds)] : []),
    vip.frontend,
  ]);
  return formatTable(view, columns, rows);
}

/** What the lb plugin has seen of this VIP. */
function packetsOf(vip: VPPLBVIPCounters): bigint {
  return vip.firstPacket + vip.nextPacket + vip.untrackedPacket + vip.noServer;
}

/** Packets and bytes of one thing. */
interface Traffic {
  readonly name: string;
  /** What the configuration calls it. */
  readonly users: readonly string[];
  readonly packets: bigint;
  readonly bytes: bigint;
}

/** Each address once. An older server tells them with each VIP, the same for all its ports. */
function addressesOf({ addresses, vips }: VPPLBCounters): Traffic[] {
  const counted = addresses.length > 0 ? addresses : vips;
  const once = new Map(counted.map((one) => [one.prefix, one]));
  return [...once.values()].map((one) => ({
    name: stripHostMask(one.prefix),
    users: "frontends" in one ? one.frontends : [],
    ...{ packets: one.packets, bytes: one.bytes },
  }));
}

function serversOf({ servers }: VPPLBCounters): Traffic[] {
  return servers.map(({ address: name, backends: users, packets, bytes }) => (
    { name, users, packets, bytes }
  ));
}

function trafficTable(
  [title, usersTitle]: readonly [string, string],
  now: readonly Traffic[],
  before: readonly Traffic[] | undefined,
  seconds: number,
  view: View,
): string {
  const earlier = new Map(before?.map((one) => [one.name, one]));
  const columns = [
    ...left(title),
    ...right("packets", "bytes"),
    ...(seconds > 0 ? right("packets/s", "bytes/s") : []),
    ...left(usersTitle),
  ];
  const rows = now.map(({ name, users, packets, bytes }) => {
    const old = earlier.get(name);
    return [
      name,
      formatCount(packets),
      formatCount(bytes),
      ...(seconds > 0
        ? [formatRate(packets, old?.packets, seconds), formatRate(bytes, old?.bytes, seconds)]
        : []),
      users.join(", "),
    ];
  });
  return formatTable(view, columns, rows);
}

/** A counter that went back was reset in between: there is no rate then. */
function formatRate(now: bigint, before: bigint | undefined, seconds: number): string {
  if (before === undefined || now < before) return "-";
  return formatCount(BigInt(Math.round(Number(now - before) / seconds)));
}
