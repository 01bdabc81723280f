import type { DesiredSource, FrontendSnapshot } from "../../checker/mod.ts";
import type { Config, Frontend } from "../../config/mod.ts";
import type { Verdict } from "../../health/mod.ts";
import { compareIp, type IpAddress } from "../../ip/mod.ts";
import { compareVips, hostOf, prefixText, protocols, vipId, type VipKey } from "./vip.ts";

/** A server as it ought to be in VPP. */
export interface DesiredServer extends Omit<Verdict, "reason"> {
  readonly address: IpAddress;
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
type WeighedFrontend = Pick<FrontendSnapshot, "config" | "weights">;

/** The servers of a frontend and which backends they are: all that does not depend on health. */
interface ServerLayout {
  /** In numeric order, each once. */
  readonly addresses: readonly IpAddress[];
  /** By backend, an index into `addresses`. */
  readonly slots: ReadonlyMap<string, number>;
}

/**
 * Sorts out the servers of a frontend, once for all its transitions. Two backends of one frontend
 * never share an address.
 */
function serverLayout(pools: Frontend["pools"], known: Config["backends"]): ServerLayout {
  const servers = pools.flatMap(({ backends }) => backends).flatMap(({ backend }) => {
    const address = known.get(backend)?.address;
    return address ? [{ backend, address }] : [];
  }).sort((a, b) => compareIp(a.address, b.address));
  return {
    addresses: servers.map(({ address }) => address),
    slots: new Map(servers.map(({ backend }, slot) => [backend, slot])),
  };
}

/** The VIP that a frontend stands for. */
export function vipKeyOf({ address, protocol, port }: Frontend): VipKey {
  return { ...hostOf(address), protocol: protocols[port === 0 ? "any" : protocol], port };
}

/** What VPP is to hold for one frontend, by its effective weights, with a table of so many slots. */
function desiredVip(
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
  for (const { backend, weight, otherwise, flush } of weights) {
    const slot = slots.get(backend) ?? -1;
    const address = addresses[slot];
    if (address) servers[slot] = { address, weight, otherwise, flush };
  }
  return servers;
}

/** What follows from one configuration, whatever the health: worked out once. */
interface Digest {
  readonly config: Config;
  /** Names of the frontends by prefix, in the order of compareVips. */
  readonly prefixes: ReadonlyMap<string, readonly string[]>;
  readonly ids: ReadonlySet<string>;
  /** By the pools of a frontend, which are other ones after each change of a weight. */
  readonly layouts: WeakMap<Frontend["pools"], ServerLayout>;
}

/** What the checker's configuration and health amount to for VPP, at the moment of asking. */
export class DesiredView {
  #latest: Digest | undefined;

  constructor(private readonly checker: Pick<DesiredSource, "config" | "frontend">) {}

  /** Changes with each reload. */
  get generation(): unknown {
    return this.checker.config;
  }

  /** The VIP of one frontend; undefined when there is no such frontend. */
  vip(frontend: string): DesiredVip | undefined {
    const snapshot = this.checker.frontend(frontend);
    return snapshot &&
      desiredVip(snapshot, this.#layoutOf(snapshot), this.checker.config.lb.buckets);
  }

  /** The id of its VIP, whatever its weights: it costs next to nothing, also of thousands. */
  idOf(frontend: string): string | undefined {
    const config = this.checker.config.frontends.get(frontend);
    return config && vipId(vipKeyOf(config));
  }

  /** Several at once; frontends that are gone are left out. */
  vips(frontends: readonly string[]): DesiredVip[] {
    return frontends.flatMap((name) => this.vip(name) ?? []);
  }

  /** Names of the frontends by prefix, in numeric order. */
  prefixes(): Digest["prefixes"] {
    return this.#digest().prefixes;
  }

  /** The frontends on the same prefix as `vip`, itself included. */
  siblings(vip: DesiredVip): DesiredVip[] {
    return this.vips(this.#digest().prefixes.get(prefixText(vip)) ?? []);
  }

  /** Ids of all VIPs that are desired. */
  ids(): ReadonlySet<string> {
    return this.#digest().ids;
  }

  #layoutOf({ config: { pools } }: WeighedFrontend): ServerLayout {
    const { layouts, config } = this.#digest();
    return layouts.getOrInsertComputed(pools, () => serverLayout(pools, config.backends));
  }

  #digest(): Digest {
    const { config } = this.checker;
    if (this.#latest?.config !== config) this.#latest = digest(config);
    return this.#latest;
  }
}

function digest(config: Config): Digest {
  const vips = [...config.frontends.values()]
    .map((frontend) => ({ ...vipKeyOf(frontend), name: frontend.name })).sort(compareVips);
  const prefixes = new Map(
    [...Map.groupBy(vips, prefixText)].map(([prefix, members]) =>
      [prefix, members.map(({ name }) => name)] as const
    ),
  );
  return { config, prefixes, ids: new Set(vips.map(vipId)), layouts: new WeakMap() };
}
