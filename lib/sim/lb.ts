import { prepareVipCounters } from "./counters.ts";
import { type Fib, hostPrefix } from "./fib.ts";
import { isIpv4, prefixIsIpv4 } from "./ip46.ts";
import {
  type Conf,
  type EncapArguments,
  isNat,
  type NewFlowTable,
  newServer,
  newVip,
  retval,
  type Server,
  serversAreIpv4,
  type Vip,
  type VipArguments,
  type VipKey,
  type VipType,
  VppCrash,
} from "./lb_types.ts";
import { maglevTable } from "../maglev/mod.ts";
import { Pool } from "./pool.ts";
import type { SegmentWriter } from "./segment.ts";
import { Flows } from "./flows.ts";

/** A deleted server is collected no sooner than this many seconds later (lb.c). */
const concurrencySeconds = 10;
/** More slots than this do not fit VPP's heap. */
const largestTable = 2 ** 26;

const ipv4Types: readonly VipType[] = ["ip4-gre4", "ip4-gre6", "ip4-l3dsr", "ip4-nat4"];
const ipv6Types: readonly (VipType | undefined)[] = [
  "ip6-gre4",
  "ip6-gre6",
  undefined,
  undefined,
  "ip6-nat6",
];

/** What the plugin needs of the rest of VPP. */
export interface LbHost {
  readonly fib: Fib;
  readonly segment: SegmentWriter;
  /** Seconds since VPP started, with fractions. */
  uptime(): number;
}

/**
 * The lb plugin's state and what requests do to it, quirks included (docs/vpp.md, and
 * src/plugins/lb/lb.c of VPP 26.10). Methods return VPP's return values; what kills VPP throws
 * {@link VppCrash}.
 */
export class LoadBalancer {
  readonly vips = new Pool<Vip>();
  readonly servers = new Pool<Server>();
  readonly conf: Conf = {
    ipv4Source: new Uint8Array(4).fill(0xff),
    ipv6Source: new Uint8Array(16).fill(0xff),
    stickyBuckets: 1024,
    flowTimeout: 40,
  };
  readonly flows: Flows;
  readonly #host: LbHost;
  readonly #byPrefix = new Map<string, readonly Vip[]>();
  readonly #encapArguments = new Map<number, EncapArguments>();

  /** As it is when VPP starts: a hidden VIP and a hidden server, both at index 0. */
  constructor(host: LbHost) {
    this.#host = host;
    this.flows = new Flows(this, host);
    const nowhere = new Uint8Array(16).fill(0xff);
    this.vips.put(newVip(0, {
      ...{ prefix: { address: nowhere, length: 0 }, protocol: 255, port: 0 },
      type: "ip6-gre6",
      sticky: false,
      tableLength: 1,
      encapArguments: { dscpOrServiceType: 0, targetPort: 0 },
    }));
    this.servers.put({ ...newServer(0, nowhere, 0), used: false });
  }

  /** lb_conf. Anything but a power of two is refused, but 0 passes as one. */
  configure(conf: Conf): number {
    if (!isPowerOfTwo(conf.stickyBuckets)) return retval.invalidMemorySize;
    Object.assign(this.conf, conf);
    return retval.ok;
  }

  /** lb_vip_add. */
  addVip(asked: VipArguments): number {
    const refusal = this.#refusal(asked);
    if (refusal !== retval.ok) return refusal;
    const type = vipType(asked);
    if (!type) return retval.invalidAddressFamily;
    if (asked.tableLength === 0) throw new VppCrash("allocating a flow table of 2^32 entries");
    if (asked.tableLength > largestTable) throw new VppCrash("out of memory for a flow table");
    if (asked.prefix.length > 128 && !isIpv4(asked.prefix.address)) {
      throw new VppCrash("adding a route with a prefix length over 128");
    }
    const siblings = this.#withPrefix(asked);
    const index = this.vips.next;
    const encapArguments = this.#takeEncapArguments(index, type, asked);
    const vip = newVip(index, { ...asked, type, encapArguments });
    this.vips.put(vip);
    const all = [...siblings, vip].sort((a, b) => a.index - b.index);
    this.#byPrefix.set(prefixText(asked), all);
    prepareVipCounters(this.#host.segment, index);
    if (siblings.length === 0) this.#host.fib.hold(asked.prefix, "vip");
    return retval.ok;
  }

  /** lb_vip_del: its servers are deleted without a flush, and stay with it until collected. */
  deleteVip(key: VipKey): number {
    const vip = this.find(key);
    if (!vip) return retval.noSuchEntry;
    for (const server of this.serversOf(vip)) this.#retire(server);
    vip.table = undefined;
    vip.used = false;
    const siblings = this.#withPrefix(key).filter((sibling) => sibling !== vip);
    this.#byPrefix.set(prefixText(key), siblings);
    if (siblings.length > 0) return retval.ok;
    this.#byPrefix.delete(prefixText(key));
    this.#host.fib.release(vip.prefix, "vip");
    return retval.ok;
  }

  /** lb_vip_add_ass with one address. A lingering server comes back in its old place. */
  addServer(key: VipKey, address: Uint8Array, weight: number, flush: boolean): number {
    const vip = this.find(key);
    if (!vip) return retval.noSuchEntry;
    const known = this.#serverOf(vip, address);
    if (known?.used) return retval.valueExist;
    if (!known && isIpv4(address) !== serversAreIpv4(vip.type)) return retval.invalidAddressFamily;
    if (vip.port === 0 && isNat(vip.type)) {
      throw new VppCrash("adding a server to an all-port NAT VIP");
    }
    const server = known ?? this.#createServer(vip, address);
    server.used = true;
    server.weight = weight;
    if (flush) this.flows.flush(vip.index, server.index);
    vip.table = undefined;
    return retval.ok;
  }

  /** lb_vip_del_ass with one address. Deleting a lingering server again succeeds. */
  deleteServer(key: VipKey, address: Uint8Array, flush: boolean): number {
    const vip = this.find(key);
    const server = vip && this.#serverOf(vip, address);
    if (!server) return retval.noSuchEntry;
    this.#retire(server);
    if (flush) this.flows.flush(vip.index, server.index);
    vip.table = undefined;
    return retval.ok;
  }

  /** lb_vip_set_as_weight. Any byte is taken as a weight. */
  setWeight(key: VipKey, address: Uint8Array, weight: number, flush: boolean): number {
    const vip = this.find(key);
    const server = vip && this.#serverOf(vip, address);
    if (!vip || !server?.used) return retval.noSuchEntry;
    server.weight = weight;
    if (flush) this.flows.flush(vip.index, server.index);
    vip.table = undefined;
    return retval.ok;
  }

  /**
   * lb_flush_vip: 0 whether the VIP exists or not. For one that does not, VPP flushes whatever
   * index its stack holds; here nothing.
   */
  flushVip(key: VipKey): number {
    const vip = this.find(key);
    if (vip) this.flows.flush(vip.index, undefined);
    return retval.ok;
  }

  /** lb_garbage_collection: frees deleted servers without flows, and VIPs without servers. */
  collect(): void {
    for (const vip of this.vips) {
      for (const [slot, index] of vip.servers.entries()) {
        const server = this.servers.get(index);
        if (server && this.#isGarbage(server)) this.#collectServer(vip, slot, server);
      }
      if (!vip.used && vip.servers.size === 0) this.vips.free(vip.index);
    }
  }

  /** The VIP in use with this key. */
  find(key: VipKey): Vip | undefined {
    return this.#withPrefix(key).find((vip) =>
      vip.protocol === key.protocol && vip.port === key.port
    );
  }

  /** The VIPs in use that take packets for this address: all of one prefix, or none. */
  vipsAt(address: Uint8Array): readonly Vip[] {
    const route = this.#host.fib.forwarding(address);
    return route?.holders.has("vip") ? this.#withPrefix(route) : [];
  }

  /** The servers of a VIP in pool order, lingering ones included. */
  serversOf(vip: Vip): Server[] {
    return Array.from(vip.servers, (index) => this.servers.get(index))
      .filter((server) => server !== undefined);
  }

  /** Where the VIP's new flows go. VPP computes this at each change, we when it is asked for. */
  table(vip: Vip): NewFlowTable {
    vip.table ??= newFlowTable(this.serversOf(vip), vip.tableLength);
    return vip.table;
  }

  #refusal(asked: VipArguments): number {
    const siblings = this.#withPrefix(asked);
    if (this.find(asked)) return retval.valueExist;
    const allPorts = siblings.some((vip) => vip.port === 0);
    if (asked.port !== 0 ? allPorts : siblings.length > 0) return retval.valueExist;
    const sibling = siblings[0];
    if (sibling && sibling.type !== (vipType(asked) ?? "ip6-gre6")) return retval.invalidArgument;
    return isPowerOfTwo(asked.tableLength) ? retval.ok : retval.invalidMemorySize;
  }

  #takeEncapArguments(index: number, type: VipType, asked: VipArguments): EncapArguments {
    const none = { dscpOrServiceType: 0, targetPort: 0 };
    const kept = this.#encapArguments.getOrInsert(index, none);
    if (type === "ip4-l3dsr") kept.dscpOrServiceType = asked.dscp & 0x3f;
    if (isNat(type)) {
      kept.dscpOrServiceType = asked.serviceType;
      kept.targetPort = asked.targetPort;
    }
    return kept;
  }

  #createServer(vip: Vip, address: Uint8Array): Server {
    const routeIndex = this.#host.fib.hold(hostPrefix(address), "server");
    const server = newServer(this.servers.next, address, routeIndex);
    this.servers.put(server);
    vip.servers.put(server.index);
    vip.byAddress.set(address.toHex(), server.index);
    return server;
  }

  #retire(server: Server): void {
    server.used = false;
    server.lastUsed = Math.floor(this.#host.uptime());
  }

  #isGarbage(server: Server): boolean {
    const age = this.#host.uptime() - server.lastUsed;
    return !server.used && server.flows === 0 && age >= concurrencySeconds;
  }

  #collectServer(vip: Vip, slot: number, server: Server): void {
    this.#host.fib.release(hostPrefix(server.address), "server");
    vip.servers.free(slot);
    vip.byAddress.delete(server.address.toHex());
    this.servers.free(server.index);
  }

  /** The VIPs in use with this prefix, by index. */
  #withPrefix(key: Pick<VipKey, "prefix">): readonly Vip[] {
    return this.#byPrefix.get(prefixText(key)) ?? [];
  }

  #serverOf(vip: Vip, address: Uint8Array): Server | undefined {
    const index = vip.byAddress.get(address.toHex());
    return index === undefined ? undefined : this.servers.get(index);
  }
}

function prefixText({ prefix }: Pick<VipKey, "prefix">): string {
  return `${prefix.address.toHex()}/${prefix.length}`;
}

function newFlowTable(servers: readonly Server[], length: number): NewFlowTable {
  const slots = maglevTable(servers.filter((server) => server.used), length);
  const buckets = new Map<number, number>();
  for (const index of slots) buckets.set(index, (buckets.get(index) ?? 0) + 1);
  return { slots, buckets };
}

/** The type VPP derives: an IPv6 VIP with an encap of IPv4 silently becomes gre6. */
function vipType(asked: VipArguments): VipType | undefined {
  if (prefixIsIpv4(asked.prefix)) return ipv4Types[asked.encap];
  return ipv6Types[asked.encap] ?? "ip6-gre6";
}

/** VPP's is_pow2, for which 0 is one. */
function isPowerOfTwo(value: number): boolean {
  return (value & (value - 1)) === 0;
}
