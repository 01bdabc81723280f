import type { FrontendSnapshot } from "../../checker/mod.ts";
import type { Frontend } from "../../config/mod.ts";
import { compareIp, type IpAddress } from "../../ip/mod.ts";
import { protocolNumber, vipId, type VipKey } from "./vip.ts";

/** A server as it ought to be in VPP. */
export interface DesiredServer {
  readonly address: IpAddress;
  /** 0 to 100. */
  readonly weight: number;
  /** Whether coming to be like this also moves existing flows away. */
  readonly flush: boolean;
}

/** A VIP as it ought to be in VPP. */
export interface DesiredVip extends VipKey {
  readonly id: string;
  readonly frontend: string;
  readonly encap: "gre4" | "gre6";
  readonly sticky: boolean;
  /** In numeric address order, each address once. */
  readonly servers: readonly DesiredServer[];
}

/** Where a backend is; undefined for one that the configuration does not have. */
export type AddressOf = (backend: string) => IpAddress | undefined;

/** The VIP that a frontend stands for. */
export function vipKeyOf({ address, protocol, port }: Frontend): VipKey {
  const prefixLength = address.family === 4 ? 32 : 128;
  return port === 0
    ? { address, prefixLength, protocol: protocolNumber("any"), port }
    : { address, prefixLength, protocol: protocolNumber(protocol), port };
}

/** What VPP is to hold for one frontend, by its effective weights. */
export function desiredVip(frontend: FrontendSnapshot, addressOf: AddressOf): DesiredVip {
  const key = vipKeyOf(frontend.config);
  const servers = mergeServers(frontend, addressOf);
  const family = servers[0]?.address.family ?? key.address.family;
  return {
    ...key,
    id: vipId(key),
    frontend: frontend.config.name,
    encap: family === 4 ? "gre4" : "gre6",
    sticky: frontend.config.srcIpSticky,
    servers,
  };
}

/**
 * One server per address: VPP knows no backends. Backends that share an address are one server to
 * it, so the largest weight counts, and flows are moved away only if all of them say so: traffic
 * goes on as long as one of the checks likes the server.
 */
function mergeServers(frontend: FrontendSnapshot, addressOf: AddressOf): DesiredServer[] {
  const byAddress = new Map<string, DesiredServer>();
  for (const { backend, weight, flush } of frontend.weights) {
    const address = addressOf(backend);
    if (!address) continue;
    const other = byAddress.get(address.text);
    byAddress.set(address.text, {
      address,
      weight: Math.max(weight, other?.weight ?? 0),
      flush: flush && (other?.flush ?? true),
    });
  }
  return [...byAddress.values()].sort((a, b) => compareIp(a.address, b.address));
}

/** Addresses that several backends of one frontend share, sorted; usually none. */
export function sharedAddresses(frontend: Frontend, addressOf: AddressOf): string[] {
  const seen = new Set<string>();
  const shared = new Set<string>();
  for (const { backend } of frontend.pools.flatMap(({ backends }) => backends)) {
    const text = addressOf(backend)?.text;
    if (text === undefined) continue;
    if (seen.has(text)) shared.add(text);
    seen.add(text);
  }
  return [...shared].sort();
}
