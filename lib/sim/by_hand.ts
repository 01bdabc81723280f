/** Texts and names in, VPP's own types out: how tests and the demo speak of VIPs and servers. */

import { parseIp } from "../ip/mod.ts";
import { formatAddress, formatPrefix, fromWire, masked, type Prefix46 } from "./ip46.ts";
import type { LoadBalancer } from "./lb.ts";
import { type Encap, encaps, type Vip, type VipKey, type VipType } from "./lb_types.ts";

/** What names a VIP: `{ prefix: "192.0.2.1/32", protocol: 6, port: 80 }`. */
export interface VipName {
  /** With its length. */
  readonly prefix: string;
  /** 6 TCP, 17 UDP; 255 and port 0 for all. */
  readonly protocol: number;
  /** 0 for all. */
  readonly port: number;
}

/** A VIP to be added behind the control plane's back. */
export interface NewVip extends VipName {
  /** What the servers get to see. */
  readonly encap: Encap;
  /** False when absent. */
  readonly sticky?: boolean;
  /** 1024 when absent. */
  readonly tableLength?: number;
  /** For l3dsr. */
  readonly dscp?: number;
  /** For nat4 and nat6. */
  readonly targetPort?: number;
}

/** A server of {@link VipSnapshot}. */
export interface ServerSnapshot {
  /** As VPP prints it. */
  readonly address: string;
  /** 0 to 255. */
  readonly weight: number;
  /** False while it lingers after its deletion. */
  readonly used: boolean;
  /** Slots of the new flow table. */
  readonly buckets: number;
  /** Entries of the flow tables that point here. */
  readonly flows: number;
}

/** A VIP as it is right now. */
export interface VipSnapshot extends VipName {
  /** In the VIP pool, and in the counters. */
  readonly index: number;
  /** Its family and encapsulation. */
  readonly type: VipType;
  /** Whether flows are told apart by their source address only. */
  readonly sticky: boolean;
  /** Slots of the new flow table. */
  readonly tableLength: number;
  /** False when it was deleted and still has servers. */
  readonly used: boolean;
  /** In pool order, lingering ones included. */
  readonly servers: readonly ServerSnapshot[];
}

/** Changes that nobody asked for over the API. Each returns VPP's return value. */
export class ByHand {
  readonly #lb: () => LoadBalancer;

  /** `lb` is that of the VPP which runs now; it throws when none does. */
  constructor(lb: () => LoadBalancer) {
    this.#lb = lb;
  }

  /** Adds a VIP. */
  addVip(vip: NewVip): number {
    return this.#lb().addVip({
      ...vipKey(vip),
      encap: encaps.indexOf(vip.encap),
      dscp: vip.dscp ?? 0,
      serviceType: 0,
      targetPort: vip.targetPort ?? 0,
      tableLength: vip.tableLength ?? 1024,
      sticky: vip.sticky ?? false,
    });
  }

  /** Deletes a VIP, whose servers linger. */
  deleteVip(vip: VipName): number {
    return this.#lb().deleteVip(vipKey(vip));
  }

  /** Adds a server. */
  addServer(vip: VipName, address: string, weight = 100): number {
    return this.#lb().addServer(vipKey(vip), addressBytes(address), weight, false);
  }

  /** Deletes a server. */
  deleteServer(vip: VipName, address: string, flush = false): number {
    return this.#lb().deleteServer(vipKey(vip), addressBytes(address), flush);
  }

  /** Sets a weight. */
  setWeight(vip: VipName, address: string, weight: number, flush = false): number {
    return this.#lb().setWeight(vipKey(vip), addressBytes(address), weight, flush);
  }
}

/** All VIPs but the hidden one, by index. */
export function snapshot(lb: LoadBalancer): VipSnapshot[] {
  return Array.from(lb.vips).filter((vip) => vip.index !== 0).map((vip) => vipSnapshot(lb, vip));
}

/** The key of a VIP. Throws for what is no prefix. */
export function vipKey({ prefix, protocol, port }: VipName): VipKey {
  return { prefix: parsePrefix(prefix), protocol: port === 0 ? 255 : protocol, port };
}

function vipSnapshot(lb: LoadBalancer, vip: Vip): VipSnapshot {
  const { buckets } = lb.table(vip);
  return {
    index: vip.index,
    prefix: formatPrefix(vip.prefix),
    protocol: vip.protocol,
    port: vip.port,
    type: vip.type,
    sticky: vip.sticky,
    tableLength: vip.tableLength,
    used: vip.used,
    servers: lb.serversOf(vip).map((server) => ({
      address: formatAddress(server.address),
      weight: server.weight,
      used: server.used,
      buckets: buckets.get(server.index) ?? 0,
      flows: server.flows,
    })),
  };
}

function parsePrefix(text: string): Prefix46 {
  const [address = "", bits] = text.split("/");
  const bytes = addressBytes(address);
  const length = Number(bits) + (address.includes(":") ? 0 : 96);
  if (!Number.isInteger(length)) throw new TypeError(`"${text}" is not a prefix`);
  return { address: masked(bytes, length), length };
}

function addressBytes(text: string): Uint8Array {
  const address = parseIp(text);
  if (!address) throw new TypeError(`"${text}" is not an IP address`);
  return fromWire(address);
}
