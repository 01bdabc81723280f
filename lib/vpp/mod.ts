/**
 * Keeps the lb plugin of a VPP in line with configuration and health. What VPP
 * does with what it is told is in docs/vpp.md, which the comments of this room cite.
 *
 * @module
 */

export { createVpp } from "./life/vpp.ts";
export type { Vpp, VppOptions } from "./life/vpp.ts";
export { encaps, VppError } from "./service.ts";
export type {
  Encap,
  LbConf,
  LbCounters,
  LbServerState,
  LbState,
  LbSyncKind,
  LbVipState,
  PlannedChange,
  ServerCounters,
  VipCounters,
  VppInfo,
  VppObserver,
  VppService,
} from "./service.ts";
