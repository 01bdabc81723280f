/**
 * Keeps the lb plugin of a VPP in line with configuration and health. What VPP does with what it
 * is told is in docs/vpp.md, which the comments of this room cite.
 *
 * A server here is what VPP calls an AS, an application server: an address behind a VIP. Several
 * backends of a frontend that have one address are one server.
 *
 * @module
 */

export type { Connect, Transport } from "./client/mod.ts";
export { trafficOf } from "./counters/mod.ts";
export type { Flushes, FlushMemory } from "./lb/mod.ts";
export { createVpp } from "./life/vpp.ts";
export type { VppAccess } from "./life/access.ts";
export type { Vpp, VppOptions } from "./life/vpp.ts";
export { encaps, VppError } from "./service.ts";
export { segmentIn } from "./stats/mod.ts";
export type {
  CombinedSum,
  ReadOptions,
  SegmentOptions,
  SegmentSource,
  SimpleSum,
  StatsSegment,
  StatsView,
} from "./stats/mod.ts";
export type {
  AddressCounters,
  Encap,
  LbConf,
  LbCounters,
  LbServerState,
  LbState,
  LbSyncKind,
  LbVipState,
  PlannedChange,
  PlannedMove,
  ServerCounters,
  VipCounters,
  VppAway,
  VppInfo,
  VppObserver,
  VppPlan,
  VppService,
  VppStep,
  VppWarmup,
} from "./service.ts";
