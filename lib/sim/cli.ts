import { parseIp } from "../ip/mod.ts";
import { ByHand, snapshot, type VipName } from "./by_hand.ts";
import { isNat, retval, type Server, swapped, type Vip } from "./lb_types.ts";
import type { Vpp } from "./vpp.ts";
import { vipCounters } from "./counters.ts";
import { formatAddress, formatIpv6, formatPrefix } from "./ip46.ts";
import type { LoadBalancer } from "./lb.ts";
import type { SegmentWriter } from "./segment.ts";

/** What a command printed, and whether VPP knew it. */
export interface CliResult {
  readonly retval: 0 | -1;
  readonly output: string;
}

type Command = (vpp: Vpp, rest: readonly string[]) => string | CliResult;

const commands: Readonly<Record<string, Command>> = {
  "lb as": (vpp, rest) => {
    const complaint = runLbAs(vpp, rest);
    return complaint === undefined ? "" : { retval: -1, output: `lb as: ${complaint}\n` };
  },
  "show lb": (vpp) => showLb(vpp.lb, vpp.uptime()),
  "show lb vips": (vpp, [first]) =>
    first === "verbose" ? showLbVipsVerbose(vpp.lb, vpp.segment) : showLbVips(vpp.lb),
  "show version": ({ identity: { version, builder, buildDate } }) =>
    `vpp v${version} built by ${builder} at ${buildDate}\n`,
};

/**
 * `cli_inband`: the longest known command that the line begins with gets the remaining words.
 * A NUL, which some clients append, belongs to the last word and makes it an unknown one.
 */
export function runCli(vpp: Vpp, line: string): CliResult {
  const words = line.split(/[ \t\r\n]+/).filter((word) => word !== "");
  for (let length = line.includes("\0") ? 0 : words.length; length > 0; length--) {
    const command = commands[words.slice(0, length).join(" ")];
    const result = command?.(vpp, words.slice(length));
    if (result !== undefined) {
      return typeof result === "string" ? { retval: 0, output: result } : result;
    }
  }
  return { retval: -1, output: unknown(words) };
}

/** VPP names the part of the line that it understood. */
function unknown(words: readonly string[]): string {
  if (words[0] !== "show") return `unknown input \`${words.join(" ")}'\n`;
  return `show: unknown input \`${words.slice(1).join(" ")}'\n`;
}

/** What `lb as` was asked for beside its VIP. */
interface Request {
  readonly vip: VipName;
  readonly servers: readonly string[];
  readonly weight: number | undefined;
  readonly isDeletion: boolean;
  readonly flush: boolean;
}

/**
 * `lb as PREFIX [protocol tcp|udp port N] ADDRESS… [weight 0-100] [del] [flush]` (lb/cli.c,
 * lb_as_command_fn): adds servers, sets their weights where they are there, or deletes them. Returns
 * what VPP complains of, undefined when it is done.
 */
function runLbAs(vpp: Vpp, words: readonly string[]): string | undefined {
  const request = parse(words);
  if (typeof request === "string") return request;
  const { vip, servers, weight, isDeletion, flush } = request;
  const byHand = new ByHand(() => vpp.lb);
  const there = serversOf(vpp, vip);
  if (!there) return complaint("lb_vip_find_index", retval.noSuchEntry);
  if (servers.length === 0) return "No AS address provided";
  if (isDeletion) {
    if (!servers.every((server) => there.has(server))) {
      return complaint("lb_vip_del_ass", retval.noSuchEntry);
    }
    for (const server of servers) byHand.deleteServer(vip, server, flush);
  } else if (!servers.some((server) => there.has(server))) {
    for (const server of servers) byHand.addServer(vip, server, weight);
  } else if (weight === undefined) return complaint("lb_vip_add_ass", retval.valueExist);
  else {
    for (const server of servers) {
      const status = byHand.setWeight(vip, server, weight, flush);
      if (status !== retval.ok) return complaint("lb_vip_set_as_weight", status);
    }
  }
  return undefined;
}

/** The servers in use of a VIP, as VPP prints them; undefined without that VIP. */
function serversOf(vpp: Vpp, vip: VipName): ReadonlySet<string> | undefined {
  const found = snapshot(vpp.lb).find(({ prefix, protocol, port, used }) =>
    used && prefix === vip.prefix && protocol === vip.protocol && port === vip.port
  );
  return found && new Set(found.servers.filter(({ used }) => used).map(({ address }) => address));
}

function complaint(call: string, status: number): string {
  return `${call} error ${status}`;
}

function parse([prefix = "", ...words]: readonly string[]): Request | string {
  const [address = "", length = ""] = prefix.split("/");
  if (!parseIp(address) || !/^\d+$/.test(length)) return `invalid as address: '${prefix}'`;
  let [protocol, port, weight] = [255, 0, undefined as number | undefined];
  let [isDeletion, flush] = [false, false];
  const servers: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (parseIp(word)) servers.push(word);
    else if (word === "del") isDeletion = true;
    else if (word === "flush") flush = true;
    else if (word === "protocol") protocol = words[++at] === "udp" ? 17 : 6;
    else if (word === "port") port = Number(words[++at]);
    else if (word === "weight") weight = Number(words[++at]);
    else return `parse error: '${word}'`;
  }
  if (weight !== undefined && weight > 100) return "weight must be between 0 and 100";
  if (weight !== undefined && isDeletion) return "weight and del are mutually exclusive";
  const vip = { prefix, protocol: port === 0 ? 255 : protocol, port };
  return { vip, servers, weight, isDeletion, flush };
}

/** `show lb`, as its relatives byte for byte (lb.c, format_lb_main and below). */
function showLb(lb: LoadBalancer, uptime: number): string {
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
function showLbVips(lb: LoadBalancer): string {
  return visible(lb).map((vip) => {
    const removed = vip.used ? "" : " removed";
    const port = vip.port === 0 ? "" : `  protocol:${vip.protocol} port:${vip.port} `;
    return `${vip.type} ${formatPrefix(vip.prefix)} new_size:${vip.tableLength} ` +
      `#as:${vip.servers.size}${removed}${port}${briefEncap(vip)}\n`;
  }).join("");
}

/** `show lb vips verbose`, the only place with pool indices and the sticky flag. */
function showLbVipsVerbose(lb: LoadBalancer, segment: SegmentWriter): string {
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
  return isNat(vip.type) ? ` ${nat(vip)}` : "";
}

/** VPP has no line break behind the NAT arguments. */
function verboseEncap(vip: Vip): string {
  if (vip.type === "ip4-l3dsr") return `  dscp:${vip.encapArguments.dscpOrServiceType}\n`;
  return isNat(vip.type) ? `  ${nat(vip)}` : "";
}

function nat(vip: Vip): string {
  const { dscpOrServiceType, targetPort } = vip.encapArguments;
  const type = dscpOrServiceType === 0 ? "clusterip" : "nodeport";
  return `type:${type} port:${swapped(vip.port)} target_port:${targetPort}`;
}
