import { create } from "@bufbuild/protobuf";
import type { Config, Frontend } from "../../config/mod.ts";
import {
  PlanVPPLBStateResponseSchema,
  type VPPInfo,
  VPPInfoSchema,
  type VPPLBChange,
  VPPLBChangeSchema,
  VPPLBCountersSchema,
  VPPLBServerCountersSchema,
  VPPLBStateSchema,
  VPPLBVIPSchema,
} from "../../gen/maglev_pb.ts";
import { hostPrefix } from "../../ip/mod.ts";
import { type Clock, mappedInSlices } from "../../time/mod.ts";
import type {
  LbCounters,
  LbState,
  LbVipState,
  PlannedChange,
  VppInfo,
  VppPlan,
  VppStep,
  VppWarmup,
} from "../../vpp/mod.ts";
import { nanoseconds } from "./objects.ts";

/** The connected VPP as the wire shows it, and whether it holds what is desired. */
export function vppInfoToProto(info: VppInfo, step: VppStep | undefined): VPPInfo {
  return create(VPPInfoSchema, {
    version: info.version,
    buildDate: info.buildDate,
    buildDirectory: info.buildDirectory,
    pid: info.pid,
    boottimeNs: nanoseconds(info.bootTime),
    connecttimeNs: nanoseconds(info.connectedSince),
    inStep: step?.inStep ?? false,
    stepSinceNs: nanoseconds(step?.since ?? 0),
    checkedNs: nanoseconds(step?.checkedAt ?? 0),
    differs: [...step?.differs ?? []],
    pendingSinceNs: nanoseconds(step?.pendingSince ?? 0),
  });
}

/** A dump of the lb plugin as the wire shows it, converted in slices. */
export async function lbStateToProto({ conf, vips }: LbState, names: VppNames, clock: Clock) {
  return create(VPPLBStateSchema, {
    conf: {
      ip4SrcAddress: conf.ipv4Source?.text ?? "",
      ip6SrcAddress: conf.ipv6Source?.text ?? "",
      stickyBucketsPerCore: conf.stickyBucketsPerCore,
      flowTimeout: conf.flowTimeoutSeconds,
    },
    vips: await mappedInSlices(vips, clock, (some) => some.map((vip) => vipToProto(vip, names))),
  });
}

function vipToProto(vip: LbVipState, names: VppNames) {
  const prefix = `${vip.address.text}/${vip.prefixLength}`;
  const frontend = names.frontend(prefix, protocolNames[vip.protocol] ?? "", vip.port);
  return create(VPPLBVIPSchema, {
    ...{ prefix, frontend },
    protocol: vip.protocol,
    port: vip.port,
    encap: vip.encap,
    flowTableLength: vip.flowTableLength,
    srcIpSticky: vip.srcIpSticky,
    applicationServers: vip.servers.map((server) => ({
      address: server.address.text,
      weight: server.weight,
      flags: server.flags,
      numBuckets: server.buckets,
      backend: names.backend(frontend, server.address.text),
    })),
  });
}

/** Numbers on the wire as the configuration has them. */
const protocolNames: Readonly<Record<number, string>> = { 6: "tcp", 17: "udp", 255: "any" };

/** The lb plugin's counters as the wire shows them, converted in slices. */
export async function countersToProto(
  { at, vips, addresses, servers }: LbCounters,
  names: VppNames,
  clock: Clock,
) {
  const byPrefix = new Map(addresses.map((address) => [address.prefix, address]));
  const serverToProto = ({ address, packets, bytes }: LbCounters["servers"][number]) =>
    create(VPPLBServerCountersSchema, {
      address,
      packets: counter(packets),
      bytes: counter(bytes),
      backends: [...names.backendsAt(address)],
    });
  return create(VPPLBCountersSchema, {
    atUnixNs: nanoseconds(at),
    vips: vips.map((vip) => ({
      prefix: vip.prefix,
      protocol: vip.protocol,
      port: vip.port,
      nextPacket: counter(vip.next),
      firstPacket: counter(vip.first),
      untrackedPacket: counter(vip.untracked),
      noServer: counter(vip.noServer),
      packets: counter(byPrefix.get(vip.prefix)?.packets ?? 0),
      bytes: counter(byPrefix.get(vip.prefix)?.bytes ?? 0),
      frontend: names.frontend(vip.prefix, vip.protocol, vip.port),
    })),
    addresses: addresses.map(({ prefix, packets, bytes }) => ({
      prefix,
      packets: counter(packets),
      bytes: counter(bytes),
      frontends: [...names.frontendsOn(prefix)],
    })),
    servers: await mappedInSlices(servers, clock, (some) => some.map(serverToProto)),
  });
}

/** Counters stay within 2^53 in practice; whatever else comes must not throw. */
function counter(value: number): bigint {
  return Number.isFinite(value) && value > 0 ? BigInt(Math.round(value)) : 0n;
}

/** A plan as the wire shows it, in the order in which it would be sent, converted in slices. */
export async function planToProto(
  { changes, moves }: VppPlan,
  warmup: VppWarmup,
  names: VppNames,
  clock: Clock,
) {
  const until = warmup.phase === "over" ? undefined : nanoseconds(warmup.until);
  return create(PlanVPPLBStateResponseSchema, {
    changes: await changesToProto(changes, names, clock),
    moves: moves.map((move) => ({ ...move })),
    ...(until !== undefined &&
      (warmup.phase === "quiet" ? { notBeforeUnixNs: until } : { notAfterUnixNs: until })),
  });
}

/** Planned changes as the wire shows them, with the backends they are about; in slices. */
export function changesToProto(
  changes: readonly PlannedChange[],
  names: VppNames,
  clock: Clock,
): Promise<VPPLBChange[]> {
  return mappedInSlices(changes, clock, (some) =>
    some.map((change) => {
      const { address, frontend } = change;
      const backend = address === "" ? "" : names.backend(frontend, address);
      return create(VPPLBChangeSchema, { ...change, backend });
    }));
}

/** What one configuration calls the VIPs and servers that VPP knows by their addresses. */
export class VppNames {
  /** By {@link vipKey}. */
  #frontends: ReadonlyMap<string, string> | undefined;
  /** By prefix. */
  #onPrefix: ReadonlyMap<string, readonly string[]> | undefined;
  /** By address. */
  #atAddress: ReadonlyMap<string, readonly string[]> | undefined;
  /** By frontend, then by address: those that were asked for. */
  readonly #members = new Map<string, ReadonlyMap<string, string>>();

  /** Nothing is looked at before somebody asks. */
  constructor(readonly config: Config) {}

  /** The frontend of a VIP; empty for one that no frontend asks for. `any` has all ports. */
  frontend(prefix: string, protocol: string, port: number): string {
    this.#frontends ??= new Map(
      [...this.config.frontends.values()].map((frontend) => [
        vipKey(hostPrefix(frontend.address), protocolOf(frontend), frontend.port),
        frontend.name,
      ]),
    );
    return this.#frontends.get(vipKey(prefix, protocol, port)) ?? "";
  }

  /** The backend at that address in a frontend; empty where there is none. */
  backend(frontend: string, address: string): string {
    const members = this.#members.getOrInsertComputed(frontend, () => this.#membersOf(frontend));
    return members.get(address) ?? "";
  }

  /** Frontends on this prefix, sorted. */
  frontendsOn(prefix: string): readonly string[] {
    this.#onPrefix ??= grouped(this.config.frontends.values(), hostPrefix);
    return this.#onPrefix.get(prefix) ?? [];
  }

  /** Backends at this address, sorted. */
  backendsAt(address: string): readonly string[] {
    this.#atAddress ??= grouped(this.config.backends.values(), ({ text }) => text);
    return this.#atAddress.get(address) ?? [];
  }

  #membersOf(frontend: string): ReadonlyMap<string, string> {
    const { frontends, backends } = this.config;
    const members = frontends.get(frontend)?.pools.flatMap((pool) => pool.backends) ?? [];
    return new Map(
      members.map(({ backend }) => [backends.get(backend)?.address.text ?? "", backend]),
    );
  }
}

function vipKey(prefix: string, protocol: string, port: number): string {
  return `${prefix} ${protocol} ${port}`;
}

function protocolOf({ protocol, port }: Frontend): string {
  return port === 0 ? "any" : protocol;
}

/** Names by what `keyOf` makes of their addresses, sorted. */
function grouped<Named extends Pick<Frontend, "name" | "address">>(
  all: Iterable<Named>,
  keyOf: (address: Frontend["address"]) => string,
): ReadonlyMap<string, readonly string[]> {
  const groups = Map.groupBy(all, ({ address }) => keyOf(address)).entries();
  return new Map(groups.map(([key, named]) => [key, named.map(({ name }) => name).sort()]));
}
