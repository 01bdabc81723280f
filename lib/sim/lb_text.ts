/** `show lb` and its relatives, byte for byte (lb.c, format_lb_main and below). */

import { vipCounters } from "./counters.ts";
import { formatAddress, formatIpv6, formatPrefix } from "./ip46.ts";
import type { LoadBalancer } from "./lb.ts";
import type { Server, Vip } from "./lb_types.ts";
import type { SegmentWriter } from "./segment.ts";

/** `show lb`. */
export function showLb(lb: LoadBalancer, uptime: number): string {
  const cores = Array.from(lb.flows.tables).toSorted(([a], [b]) => a - b);
  return [
    `lb_main ip4-src-address: ${lb.conf.ipv4Source.join(".")} `,
    ` ip6-src-address: ${formatIpv6(lb.conf.ipv6Source)} `,
    ` #vips: ${lb.vips.size}`,
    ` #ass: ${lb.servers.size - 1}`,
    ...cores.flatMap(([thread, table]) => [
      `core ${thread}`,
      `  timeout: ${table.timeout}s`,
      `  usage: ${table.alive(Math.floor(uptime))} / ${table.size}`,
    ]),
    "",
  ].join("\n");
}

/** `show lb vips`. */
export function showLbVips(lb: LoadBalancer): string {
  return visible(lb).map((vip) => {
    const removed = vip.used ? "" : " removed";
    const port = vip.port === 0 ? "" : `  protocol:${vip.protocol} port:${vip.port} `;
    return `${vip.type} ${formatPrefix(vip.prefix)} new_size:${vip.tableLength} ` +
      `#as:${vip.servers.size}${removed}${port}${briefEncap(vip)}\n`;
  }).join("");
}

/** `show lb vips verbose`, the only place with pool indices and the sticky flag. */
export function showLbVipsVerbose(lb: LoadBalancer, segment: SegmentWriter): string {
  return visible(lb).map((vip) => verboseVip(lb, segment, vip)).join("");
}

function visible(lb: LoadBalancer): Vip[] {
  return Array.from(lb.vips).filter((vip) => vip.index !== 0);
}

function verboseVip(lb: LoadBalancer, segment: SegmentWriter, vip: Vip): string {
  const flags = `${vip.sticky ? " src_ip_sticky" : ""}${vip.used ? "" : " removed"}`;
  const port = vip.port === 0 ? "" : `  protocol:${vip.protocol} port:${vip.port}\n`;
  const counters = vipCounters.map((name) => `    ${name}: ${segment.sum(name, vip.index)}\n`);
  const { buckets } = lb.table(vip);
  const servers = lb.serversOf(vip).map((server) => verboseServer(server, buckets));
  return ` ${vip.type} [${vip.index}] ${formatPrefix(vip.prefix)}${flags}\n` +
    `  new_size:${vip.tableLength}\n${port}${verboseEncap(vip)}` +
    `  counters:\n${counters.join("")}  #as:${vip.servers.size}\n${servers.join("")}\n`;
}

function verboseServer(server: Server, buckets: ReadonlyMap<number, number>): string {
  const state = server.used ? "used" : " removed";
  return `    ${formatAddress(server.address)} weight:${server.weight} ` +
    `buckets:${buckets.get(server.index) ?? 0} flows:${server.flows} ` +
    `dpo:${server.routeIndex} ${state}\n`;
}

function briefEncap(vip: Vip): string {
  if (vip.type === "ip4-l3dsr") return `  dscp:${vip.encapArguments.dscpOrServiceType}`;
  return isNat(vip) ? ` ${nat(vip)}` : "";
}

/** VPP has no line break behind the NAT arguments. */
function verboseEncap(vip: Vip): string {
  if (vip.type === "ip4-l3dsr") return `  dscp:${vip.encapArguments.dscpOrServiceType}\n`;
  return isNat(vip) ? `  ${nat(vip)}` : "";
}

function nat(vip: Vip): string {
  const { dscpOrServiceType, targetPort } = vip.encapArguments;
  const type = dscpOrServiceType === 0 ? "clusterip" : "nodeport";
  return `type:${type} port:${swapped(vip.port)} target_port:${targetPort}`;
}

function isNat(vip: Vip): boolean {
  return vip.type === "ip4-nat4" || vip.type === "ip6-nat6";
}

/** VPP prints a port in the wrong byte order here. */
function swapped(port: number): number {
  return ((port & 0xff) << 8) | (port >>> 8);
}
