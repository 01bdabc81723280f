import { compareIp } from "../../ip/mod.ts";
import type { LbAsV2Details, LbVip, LbVipDetails } from "../../gen/vpp.ts";
import { type Encap, encaps, type LbServerState } from "../service.ts";
import type { VipExtras } from "./verbose.ts";
import { vipId, type VipKey } from "./vip.ts";

/** A VIP that VPP has, whoever made it. */
export interface ActualVip extends VipKey {
  readonly id: string;
  readonly encap: Encap;
  /** Undefined when VPP's text did not tell. */
  readonly sticky: boolean | undefined;
  /** The index of its counters; undefined when VPP's text did not tell. */
  readonly poolIndex: number | undefined;
  readonly flowTableLength: number;
  /** By address text, in VPP's order. */
  readonly servers: ReadonlyMap<string, LbServerState>;
}

/** Set while a server is used; clear in what lingers after a deletion. */
const usedFlag = 1;

/** One that belongs to whoever asked for the dump. */
export type DumpedVip = ActualVip & { readonly servers: Map<string, LbServerState> };

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

/** The servers of a VIP in numeric address order. */
export function serversInOrder(vip: ActualVip): LbServerState[] {
  return [...vip.servers.values()].sort((a, b) => compareIp(a.address, b.address));
}
