import { type VPPLBCounters, VPPLBCountersSchema } from "../../gen/maglev_pb.ts";
import { formatCount, stripHostMask } from "../format.ts";
import type { View } from "../node.ts";
import { messageJson, report } from "../report.ts";
import { type Column, formatTable } from "../table.ts";
import { formatPort } from "./frontends.ts";

/** Counters now and, in a shell, at the reading before. */
export interface CounterReadings {
  readonly now: VPPLBCounters;
  readonly before: VPPLBCounters | undefined;
}

const memoryKey = "vpp lb counters";

/** `show vpp lb counters`. */
export const showVppCounters = report({
  fetch: async ({ client, signal, memory }): Promise<CounterReadings> => {
    const before = memory.get(memoryKey) as VPPLBCounters | undefined;
    const now = await client.getVPPLBCounters({}, { signal });
    if (now.atUnixNs !== before?.atUnixNs) memory.set(memoryKey, now);
    return { now, before };
  },
  text: formatCounters,
  json: ({ now }) => messageJson(VPPLBCountersSchema, now),
});

/** Per VIP, then per server; rates where an earlier reading is known. */
function formatCounters({ now, before }: CounterReadings, view: View): string {
  const seconds = before ? Number(now.atUnixNs - before.atUnixNs) / 1e9 : 0;
  const parts = [vipTable(now, before, seconds, view)];
  if (now.servers.length > 0) parts.push(serverTable(now, before, seconds, view));
  return parts.join("\n\n");
}

function vipTable(
  now: VPPLBCounters,
  before: VPPLBCounters | undefined,
  seconds: number,
  { style }: View,
): string {
  if (now.vips.length === 0) return "no VIP counters yet";
  const key = (vip: { prefix: string; protocol: string; port: number }) =>
    `${vip.prefix} ${vip.protocol} ${vip.port}`;
  const earlier = new Map(before?.vips.map((vip) => [key(vip), vip]));
  const columns = [
    { title: "vip" },
    { title: "protocol" },
    ...numeric("port", "first", "next", "untracked", "no-server", "fib-packets", "fib-bytes"),
    ...(seconds > 0 ? numeric("packets/s", "bytes/s") : []),
  ];
  const rows = now.vips.map((vip) => {
    const old = earlier.get(key(vip));
    return [
      stripHostMask(vip.prefix),
      vip.protocol,
      formatPort(vip.port),
      ...[vip.firstPacket, vip.nextPacket, vip.untrackedPacket, vip.noServer].map(formatCount),
      ...[vip.packets, vip.bytes].map(formatCount),
      ...(seconds > 0
        ? [
          formatRate(vip.packets, old?.packets, seconds),
          formatRate(vip.bytes, old?.bytes, seconds),
        ]
        : []),
    ];
  });
  return formatTable(style, columns, rows);
}

function serverTable(
  now: VPPLBCounters,
  before: VPPLBCounters | undefined,
  seconds: number,
  { style }: View,
): string {
  const earlier = new Map(before?.servers.map((server) => [server.address, server]));
  const columns = [
    { title: "server" },
    ...numeric("packets", "bytes"),
    ...(seconds > 0 ? numeric("packets/s", "bytes/s") : []),
  ];
  const rows = now.servers.map((server) => {
    const old = earlier.get(server.address);
    return [
      server.address,
      formatCount(server.packets),
      formatCount(server.bytes),
      ...(seconds > 0
        ? [
          formatRate(server.packets, old?.packets, seconds),
          formatRate(server.bytes, old?.bytes, seconds),
        ]
        : []),
    ];
  });
  return formatTable(style, columns, rows);
}

function numeric(...titles: string[]): Column[] {
  return titles.map((title) => ({ title, align: "right" }));
}

/** A counter that went back was reset in between: there is no rate then. */
function formatRate(now: bigint, before: bigint | undefined, seconds: number): string {
  if (before === undefined || now < before) return "-";
  return formatCount(BigInt(Math.round(Number(now - before) / seconds)));
}
