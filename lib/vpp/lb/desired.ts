import type { FrontendSnapshot } from "../../checker/mod.ts";
import type { Frontend } from "../../config/mod.ts";
import type { Weight } from "../../health/mod.ts";
import { compareIp, type IpAddress } from "../../ip/mod.ts";
import { protocolNumber, vipId, type VipKey } from "./vip.ts";

/** A server as it ought to be in VPP. */
export interface DesiredServer {
  readonly address: IpAddress;
  /** 0 to 100, or what VPP has for it. */
  readonly weight: Weight;
  /** Whether coming to be like this also moves existing flows away. */
  readonly flush: boolean;
}

/** A VIP as it ought to be in VPP. */
export interface DesiredVip extends VipKey {
  readonly id: string;
  readonly frontend: string;
  readonly encap: "gre4" | "gre6";
  readonly sticky: boolean;
  /** Slots of its table if it has to be made: a VIP that is there keeps its own. */
  readonly flowTableLength: number;
  /** In numeric address order, each address once. */
  readonly servers: readonly DesiredServer[];
}

/** A frontend with its weights, the effective ones as well. */
export type WeighedFrontend = Pick<FrontendSnapshot, "config" | "weights">;

/** Where a backend is; undefined for one that the configuration does not have. */
export type AddressOf = (backend: string) => IpAddress | undefined;

/** The servers of a frontend and which backends they are: all that does not depend on health. */
export interface ServerLayout {
  /** In numeric order, each once. */
  readonly addresses: readonly IpAddress[];
  /** By backend, an index into `addresses`. */
  readonly slots: ReadonlyMap<string, number>;
}

/**
 * Sorts out the servers of a frontend, once for all its transitions. Two backends of one frontend
 * never share an address.
 */
export function serverLayout({ pools }: Frontend, addressOf: AddressOf): ServerLayout {
  const servers = pools.flatMap(({ backends }) => backends).flatMap(({ backend }) => {
    const address = addressOf(backend);
    return address ? [{ backend, address }] : [];
  }).sort((a, b) => compareIp(a.address, b.address));
  return {
    addresses: servers.map(({ address }) => address),
    slots: new Map(servers.map(({ backend }, slot) => [backend, slot])),
  };
}

/** The VIP that a frontend stands for. */
export function vipKeyOf({ address, protocol, port }: Frontend): VipKey {
  const prefixLength = address.family === 4 ? 32 : 128;
  return port === 0
    ? { address, prefixLength, protocol: protocolNumber("any"), port }
    : { address, prefixLength, protocol: protocolNumber(protocol), port };
}

/** What VPP is to hold for one frontend, by its effective weights, with a table of so many slots. */
export function desiredVip(
  frontend: WeighedFrontend,
  layout: ServerLayout,
  flowTableLength: number,
): DesiredVip {
  const key = vipKeyOf(frontend.config);
  const family = layout.addresses[0]?.family ?? key.address.family;
  return {
    ...key,
    id: vipId(key),
    frontend: frontend.config.name,
    encap: family === 4 ? "gre4" : "gre6",
    sticky: frontend.config.srcIpSticky,
    flowTableLength,
    servers: desiredServers(frontend, layout),
  };
}

function desiredServers(
  { weights }: WeighedFrontend,
  { addresses, slots }: ServerLayout,
): DesiredServer[] {
  const servers: DesiredServer[] = addresses.map((address) => ({
    address,
    weight: 0,
    flush: true,
  }));
  for (const { backend, weight, flush } of weights) {
    const slot = slots.get(backend) ?? -1;
    const address = addresses[slot];
    if (address) servers[slot] = { address, weight, flush };
  }
  return servers;
}
