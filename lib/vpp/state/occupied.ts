import type { Config, LbConfig } from "../../config/mod.ts";
import { hostPrefix, type IpAddress } from "../../ip/mod.ts";
import { type ActualVip, prefixText, type VipKey } from "./vip.ts";

/** What is to be in VPP: of it only the addresses count here. */
export interface WantedAddresses extends Pick<Config, "frontends"> {
  readonly lb: Pick<LbConfig, "ipv4Source" | "ipv6Source">;
}

/** What is in VPP. */
export interface PresentVips {
  all(): Iterable<ActualVip>;
}

/**
 * Which addresses are those of VIPs, servers and tunnels, as wanted and as VPP has them. A server
 * at a VIP's address, whoever made either, makes VPP tunnel packets to itself until it crashes
 * (docs/vpp.md, "Requests that kill VPP"). The configuration has no such thing, yet on the way from
 * one to the next VPP may: the VIP that goes may still be there when the server comes.
 *
 * Good for one application of plans. Its VIPs are all added before the first of its servers, so what
 * VPP has is looked at once for either, when first asked.
 */
export class Occupied {
  #vips: Vips | undefined;
  #servers: ReadonlyMap<string, ActualVip> | undefined;

  constructor(private readonly wanted: WantedAddresses, private readonly present: PresentVips) {}

  /** Why no server may be added at this address, as a sentence; undefined when it may. */
  refuseServer(address: IpAddress): string | undefined {
    this.#vips ??= vipsOf(this.wanted, this.present);
    const use = this.#sourceUse(address) ?? this.#vips.byHost.get(hostPrefix(address)) ??
      this.#vips.wide.find((vip) => contains(vip, address))?.use;
    return use && `the server ${address.text} is at the address of ${use}`;
  }

  /** Why no VIP may be added here, as a sentence; undefined when it may. */
  refuseVip({ address }: VipKey): string | undefined {
    this.#servers ??= serversOf(this.present);
    const vip = this.#servers.get(address.text);
    const use = this.#sourceUse(address) ??
      (vip && `a server that VPP has for the VIP ${prefixText(vip)}`);
    return use && `the VIP ${address.text} is at the address of ${use}`;
  }

  #sourceUse({ text }: IpAddress): string | undefined {
    const { ipv4Source, ipv6Source } = this.wanted.lb;
    const isSource = text === ipv4Source.text || text === ipv6Source.text;
    return isSource ? "the source of VPP's tunnels" : undefined;
  }
}

/** A VIP of more than one address; maglevd makes none, but may find some. */
interface WideVip extends VipKey {
  readonly use: string;
}

interface Vips {
  /** What each is, by prefix. */
  readonly byHost: ReadonlyMap<string, string>;
  readonly wide: readonly WideVip[];
}

function vipsOf({ frontends }: WantedAddresses, present: PresentVips): Vips {
  const byHost = new Map<string, string>();
  const wide: WideVip[] = [];
  for (const vip of present.all()) {
    const prefix = prefixText(vip);
    const use = `the VIP ${prefix} that VPP has`;
    if (prefix === hostPrefix(vip.address)) byHost.set(prefix, use);
    else wide.push({ ...vip, use });
  }
  for (const { name, address } of frontends.values()) {
    byHost.set(hostPrefix(address), `the VIP of frontend ${name}`);
  }
  return { byHost, wide };
}

/**
 * Of each server a VIP that has it. There may be tens of thousands, and they are looked at for each
 * window: no sentence is made that nobody is told.
 */
function serversOf(present: PresentVips): ReadonlyMap<string, ActualVip> {
  const servers = new Map<string, ActualVip>();
  for (const vip of present.all()) for (const text of vip.servers.keys()) servers.set(text, vip);
  return servers;
}

/** Whether the address lies in the prefix. */
function contains({ address: { family, bytes }, prefixLength }: VipKey, other: IpAddress): boolean {
  if (family !== other.family) return false;
  for (let bit = 0; bit < prefixLength; bit += 8) {
    const mask = 0xff00 >> Math.min(8, prefixLength - bit) & 0xff;
    const differing = (bytes[bit / 8] ?? 0) ^ (other.bytes[bit / 8] ?? 0);
    if ((differing & mask) !== 0) return false;
  }
  return true;
}
