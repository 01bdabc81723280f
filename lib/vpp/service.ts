import type { DesiredSource } from "../checker/mod.ts";
import type { IpAddress } from "../ip/mod.ts";
import type { ApiObserver } from "../vppclient/mod.ts";

/** The VPP that maglevd is connected to. Times are Unix milliseconds. */
export interface VppInfo {
  /** Such as `26.10-rc0~374-gb575ec2c56d`. */
  readonly version: string;
  /** As VPP prints it. */
  readonly buildDate: string;
  /** Where it was built. */
  readonly buildDirectory: string;
  /** Of the main process. */
  readonly pid: number;
  /** When VPP started; 0 while its stats segment does not tell. */
  readonly bootTime: number;
  /** When maglevd connected. */
  readonly connectedSince: number;
}

/** Whether VPP holds all that is desired. Times are Unix milliseconds. */
export interface VppStep {
  /** False until everything was looked at once since the connect: not before the warm-up is over. */
  readonly inStep: boolean;
  /** Since when that is so. */
  readonly since: number;
  /** When VPP was last asked what it holds; 0 when it was not since the connect. */
  readonly checkedAt: number;
  /** What differs although it was tried, a line each. */
  readonly differs: readonly string[];
  /** Since when changes are on their way: all else is of the time before. */
  readonly pendingSince?: number | undefined;
}

/** A VPP that is not connected. Times are Unix milliseconds. */
export interface VppAway {
  /** Since the connection ended, or maglevd was started. */
  readonly since: number;
  /** Why the connection ended or the last attempt failed, for people. */
  readonly reason: string;
  /** When another attempt follows at the latest; undefined while one is under way. */
  readonly nextTryAt: number | undefined;
}

/** How far the warm-up is: until it is over, VIPs are not touched, or not all of them. */
export type VppWarmup =
  /** No VIP is touched (quiet), or none whose backends are not all known (settling). */
  | {
    readonly phase: "quiet" | "settling";
    /** When that ends, in Unix milliseconds. */
    readonly until: number;
  }
  | { readonly phase: "over" };

/** Encapsulations, by their number on the wire. */
export const encaps = ["gre4", "gre6", "l3dsr", "nat4", "nat6"] as const;

/** One of {@link encaps}. */
export type Encap = (typeof encaps)[number];

/** Global settings of the lb plugin; undefined for an address that was never set. */
export interface LbConf {
  /** Outer source of GRE4. */
  readonly ipv4Source: IpAddress | undefined;
  /** Outer source of GRE6. */
  readonly ipv6Source: IpAddress | undefined;
  /** A power of two. */
  readonly stickyBucketsPerCore: number;
  /** How long a flow is remembered. */
  readonly flowTimeoutSeconds: number;
}

/** An application server as VPP has it. */
export interface LbServerState {
  /** Where it is. */
  readonly address: IpAddress;
  /** 0 to 100; VPP stores up to 255 when told to by hand. */
  readonly weight: number;
  /** Bit 0 used, bit 1 flushed. */
  readonly flags: number;
  /** Slots of the new flow table that lead to it. */
  readonly buckets: number;
}

/** A VIP as VPP has it, lingering servers left out. */
export interface LbVipState {
  /** The VIP. */
  readonly address: IpAddress;
  /** 32 or 128 but for VIPs that somebody else made. */
  readonly prefixLength: number;
  /** 6 TCP, 17 UDP, 255 any. */
  readonly protocol: number;
  /** 0 is all ports. */
  readonly port: number;
  /** How packets reach the servers. */
  readonly encap: Encap;
  /** Whether flows are told apart by their source address only. */
  readonly srcIpSticky: boolean;
  /** Slots of the new flow table. */
  readonly flowTableLength: number;
  /** In numeric address order. */
  readonly servers: readonly LbServerState[];
}

/** One dump of the lb plugin. */
export interface LbState {
  /** Global settings. */
  readonly conf: LbConf;
  /** In numeric order. */
  readonly vips: readonly LbVipState[];
}

/** What a plan or a counter is about, for people. */
export interface NamedVip {
  /** `192.0.2.1/32`; empty for what is about no VIP. */
  readonly prefix: string;
  /** tcp, udp, any; empty for what is about no VIP. */
  readonly protocol: string;
  /** 0 is all ports. */
  readonly port: number;
}

/** One line of a plan, for people and the API. */
export interface PlannedChange extends NamedVip {
  /** What would be done; `vip-kept` is about a VIP that stays as it is though it differs. */
  readonly kind:
    | "conf-set"
    | "vip-add"
    | "vip-del"
    | "vip-recreate"
    | "vip-kept"
    | "as-add"
    | "as-del"
    | "as-weight";
  /** The server's address, empty unless the change is about one. */
  readonly address: string;
  /** Such as `weight 100 -> 0, flush`. */
  readonly detail: string;
  /** The frontend asking for it, empty when none does. */
  readonly frontend: string;
}

/** What a plan does to the flows of one VIP that is there. */
export interface PlannedMove extends NamedVip {
  /** The frontend asking for it. */
  readonly frontend: string;
  /** The share of new flows, from 0 to 1, that will go to another server, by VPP's own table. */
  readonly share: number;
}

/** What a sync would do. */
export interface VppPlan {
  /** In the order in which it would be sent. */
  readonly changes: readonly PlannedChange[];
  /** Of VIPs whose servers or weights change; not of all when very many do. */
  readonly moves: readonly PlannedMove[];
}

/** Numbers that VPP may not tell. */
export interface Knowable {
  /** Set where VPP has not told yet what counts them: all are 0, and mean nothing. */
  readonly isUnknown?: true;
}

/** Counters of one VIP since VPP made it. Numbers are exact up to 2^53. */
export interface VipCounters extends NamedVip, Knowable {
  /** What it matches. */
  readonly protocol: "tcp" | "udp" | "any";
  /** Packets of known flows. */
  readonly next: number;
  /** First packets of flows. */
  readonly first: number;
  /** Packets that found no room in the flow table. */
  readonly untracked: number;
  /** Packets dropped because the VIP had no server. */
  readonly noServer: number;
}

/** What came in for the address of one VIP or several: /net/route/to, which knows no ports. */
export interface AddressCounters extends Knowable {
  /** `192.0.2.1/32`, as in {@link VipCounters}. */
  readonly prefix: string;
  /** For all ports together. */
  readonly packets: number;
  /** Of those packets. */
  readonly bytes: number;
}

/** What the lb plugin sent to one server address. */
export interface ServerCounters extends Knowable {
  /** Where it is. */
  readonly address: string;
  /** Of all VIPs together. */
  readonly packets: number;
  /** The encapsulation included. */
  readonly bytes: number;
}

/** One reading of VPP's memory. */
export interface LbCounters {
  /** Unix milliseconds; 0 when nothing was read since the last connect. */
  readonly at: number;
  /** In numeric order. */
  readonly vips: readonly VipCounters[];
  /** Each prefix of VIPs once, in numeric order. */
  readonly addresses: readonly AddressCounters[];
  /** Each address once, in numeric order. */
  readonly servers: readonly ServerCounters[];
}

/** VPP as the API, the metrics and the command line see it. Everything rejects with OperatorError. */
export interface VppService {
  /** Undefined while not connected. */
  info(): VppInfo | undefined;
  /** Whether VPP is in step; undefined while not connected. */
  step(): VppStep | undefined;
  /**
   * What is wrong with looking after VPP, as a clause; undefined while all is well. That VPP is
   * away, or refuses, is not wrong here.
   */
  complaint(): string | undefined;
  /** Since when VPP is not connected, and why; undefined while it is. */
  away(): VppAway | undefined;
  /** How far the warm-up is. */
  warmup(): VppWarmup;
  /** What the lb plugin holds, asked for now. */
  state(signal?: AbortSignal): Promise<LbState>;
  /** What a sync would send right now. not-found for an unknown frontend. */
  plan(frontend?: string, signal?: AbortSignal): Promise<VppPlan>;
  /** What a sync would send if this were desired: what a reload would tell VPP. */
  foresee(desired: DesiredSource, signal?: AbortSignal): Promise<VppPlan>;
  /** Reconciles one frontend or everything. failed-precondition in the warm-up, not-found. */
  sync(frontend?: string, signal?: AbortSignal): Promise<void>;
  /** From memory, refreshed every 5 s; undefined while not connected. */
  counters(): LbCounters | undefined;
}

/** Told about each message and change, for metrics. */
export interface VppObserver extends ApiObserver {
  /** A change that VPP accepted. */
  lbSync(scope: "all" | "vip", kind: LbSyncKind): void;
  /** VPP turned out to have been altered by somebody else. */
  altered(): void;
}

/** The `kind` label of maglev_vpp_lbsync_total. */
export type LbSyncKind =
  | "vip_added"
  | "vip_removed"
  | "as_added"
  | "as_removed"
  | "as_weight_updated";
