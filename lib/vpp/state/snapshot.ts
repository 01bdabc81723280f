import {
  cliInband,
  type LbAsV2Details,
  lbAsV2Dump,
  lbConfGet,
  type LbVip,
  type LbVipDetails,
  lbVipDump,
} from "../../gen/vpp.ts";
import { ipFromBytes, parseIp } from "../../ip/mod.ts";
import { type Clock, inSlices } from "../../time/mod.ts";
import { type Dumper, type Requester, RetvalError } from "../../vppclient/mod.ts";
import { encaps, type LbConf } from "../service.ts";
import { confOf } from "./conf.ts";
import { type DumpedVip, protocols, usedFlag, vipId, type VipKey } from "./vip.ts";

/** What the lb plugin holds at one moment. */
export interface Snapshot {
  readonly conf: LbConf;
  /** By their ids. */
  readonly vips: Map<string, DumpedVip>;
}

/** Of all addresses. */
const anyPrefix = { address: ipFromBytes(new Uint8Array(4)), len: 0 };

/**
 * Asks VPP for everything its lb plugin holds. All of it, without filters: VPP ignores that of
 * VIPs, and an IPv4 one of servers never matches (docs/vpp.md). Rejects as the client does.
 */
export async function readSnapshot(client: Dumper, clock: Clock): Promise<Snapshot> {
  const any = { pfx: anyPrefix, protocol: protocols.any, port: 0 };
  const state = new ActualState();
  const vipDump = { ...any, pfx_matcher: { le: 0, ge: 0 } };
  // VPP answers in order: the servers find their VIPs.
  const [conf, , , extras] = await Promise.all([
    client.request(lbConfGet, {}),
    client.dump(lbVipDump, vipDump, (vip) => state.addVip(vip)),
    client.dump(lbAsV2Dump, any, (server) => state.addServer(server)),
    readExtras(client, clock),
  ]);
  return { conf: confOf(conf), vips: state.finish(extras) };
}

/**
 * Puts one dump together, details by details: the VIPs first, then the servers. Servers without
 * the used bit, and those of VIPs that are gone, linger until VPP collects them and do not count.
 */
export class ActualState {
  readonly #vips = new Map<string, DumpedVip>();
  #owner: { readonly key: VipKey; readonly vip: DumpedVip | undefined } | undefined;

  /** One VIP. */
  addVip(details: LbVipDetails): void {
    const vip = actualVip(details);
    this.#vips.set(vip.id, vip);
  }

  /** One server, of a VIP added before. */
  addServer({ vip, app_srv: address, flags, weight, num_buckets: buckets }: LbAsV2Details): void {
    if ((flags & usedFlag) === 0) return;
    this.#ownerOf(vip)?.servers.set(address.text, { address, weight, flags, buckets });
  }

  /** What VPP holds, with what its text tells about the VIPs. Nothing may be added afterwards. */
  finish(extras: ReadonlyMap<string, VipExtras>): Map<string, DumpedVip> {
    for (const [id, vip] of this.#vips) this.#vips.set(id, { ...vip, ...extras.get(id) });
    return this.#vips;
  }

  /** Servers come VIP by VIP, so the last VIP found is nearly always the one asked for next. */
  #ownerOf(wire: LbVip): DumpedVip | undefined {
    const last = this.#owner;
    const same = last && last.key.address === wire.pfx.address && last.key.port === wire.port &&
      last.key.protocol === wire.protocol && last.key.prefixLength === wire.pfx.len;
    if (last && same) return last.vip;
    const key = keyOf(wire);
    const vip = this.#vips.get(vipId(key));
    this.#owner = { key, vip };
    return vip;
  }
}

function actualVip(details: LbVipDetails): DumpedVip {
  const key = keyOf(details.vip);
  return {
    ...key,
    id: vipId(key),
    // Whatever a later VPP may invent: like l3dsr, it is not what a frontend wants.
    encap: encaps[details.encap] ?? "l3dsr",
    sticky: undefined,
    poolIndex: undefined,
    flowTableLength: details.flow_table_length || longestTable,
    servers: new Map(),
  };
}

/** The field is a u16: a table of 65536 reads 0, and none can be empty (docs/vpp.md). */
const longestTable = 65_536;

function keyOf({ pfx, protocol, port }: LbVip): VipKey {
  return { address: pfx.address, prefixLength: pfx.len, protocol, port };
}

/** What the API does not tell about a VIP. */
export interface VipExtras {
  /** The index of its counters in the stats segment. */
  readonly poolIndex: number;
  readonly sticky: boolean;
  /** Slots of the new flow table: the dump has 16 bits for it, which end at 65535. */
  readonly flowTableLength?: number;
}

/** The command whose output is read here. */
const verboseCommand = "show lb vips verbose";

/**
 * What the API does not tell, by VIP id: nothing at all if VPP refuses the command, since VIPs can be
 * looked after without. Rejects when the connection fails.
 */
export async function readExtras(
  client: Requester,
  clock: Clock,
): Promise<ReadonlyMap<string, VipExtras>> {
  try {
    const { reply } = await client.request(cliInband, { cmd: verboseCommand });
    return await inSlices(clock, parseVerbose(reply));
  } catch (error) {
    if (!(error instanceof RetvalError)) throw error;
    return new Map();
  }
}

const headPattern = /^ ip[46]-\w+ \[(\d+)\] ([0-9a-fA-F.:]+)\/(\d+)(.*)$/;
const lengthPattern = /\n {2}new_size:(\d+)\n/;
const portPattern = /\n {2}protocol:(\d+) port:(\d+)/;

/**
 * Reads the text of {@link verboseCommand}: extras by VIP id. It is text for people, so whatever
 * does not look as known is passed over, and a VIP that appears twice is left out: not knowing is
 * never a reason to touch a VIP. Yields now and then, for slicing.
 */
export function* parseVerbose(text: string): Generator<void, Map<string, VipExtras>> {
  const found = new Map<string, VipExtras>();
  const twice = new Set<string>();
  for (const paragraph of paragraphs(text)) {
    const vip = parseVip(paragraph);
    if (vip) {
      if (found.has(vip.id)) twice.add(vip.id);
      found.set(vip.id, vip.extras);
    }
    yield;
  }
  for (const id of twice) found.delete(id);
  return found;
}

/** Cuts before each line that begins a VIP: everything about it is indented further. */
function* paragraphs(text: string): Generator<string> {
  for (let start = 0; start < text.length;) {
    const next = text.indexOf("\n ip", start);
    const end = next < 0 ? text.length : next + 1;
    yield text.slice(start, end);
    start = end;
  }
}

/** A VIP without a protocol is for all ports. One that is removed only lingers. */
function parseVip(paragraph: string): { id: string; extras: VipExtras } | undefined {
  const headEnd = paragraph.indexOf("\n");
  const head = headEnd < 0 ? paragraph : paragraph.slice(0, headEnd);
  const [, index, prefix = "", length, flags] = headPattern.exec(head) ?? [];
  const address = parseIp(prefix);
  if (!address || flags === undefined) return undefined;
  const words = flags.split(" ");
  if (words.includes("removed")) return undefined;
  const [, protocol, port] = portPattern.exec(paragraph) ?? [];
  const id = vipId({
    address,
    prefixLength: Number(length),
    protocol: protocol === undefined ? protocols.any : Number(protocol),
    port: Number(port ?? 0),
  });
  const [, slots] = lengthPattern.exec(paragraph) ?? [];
  const extras = { poolIndex: Number(index), sticky: words.includes("src_ip_sticky") };
  return { id, extras: slots ? { ...extras, flowTableLength: Number(slots) } : extras };
}
