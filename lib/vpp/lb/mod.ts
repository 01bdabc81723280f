/**
 * What the lb plugin should hold, what it holds, and what lies between. Pure.
 *
 * @module
 */

export { ActualState, serversInOrder } from "./actual.ts";
export type { ActualServer, ActualVip, AsDetails, DumpedVip, VipDetails } from "./actual.ts";
export { addAs, addVip, deleteAs, deleteVip, setWeight } from "./calls.ts";
export type { AsRequest, VipRequest, WeightRequest } from "./calls.ts";
export { confDifference, confOf, confRequest, describeConf, desiredConf } from "./conf.ts";
export { describePlan, describeTables, describeVip } from "./describe.ts";
export { desiredVip, serverLayout, vipKeyOf } from "./desired.ts";
export type {
  AddressOf,
  DesiredServer,
  DesiredVip,
  ServerLayout,
  WeighedFrontend,
} from "./desired.ts";
export { Ledger } from "./ledger.ts";
export type { Flushes, FlushMemory, Remembered } from "./ledger.ts";
export { plannedMoves } from "./moves.ts";
export { Occupied } from "./occupied.ts";
export type { PresentVips, WantedAddresses } from "./occupied.ts";
export { inTheWay, isEmpty, planAll, planOne, planPrefix, planSweep } from "./plan.ts";
export type {
  OneState,
  PrefixPlan,
  PrefixState,
  ServerChange,
  VipChanges,
  VipRemoval,
} from "./plan.ts";
export { parseVerbose, verboseCommand } from "./verbose.ts";
export type { VipExtras } from "./verbose.ts";
export { compareVips, prefixText, protocolName, protocolNumber, vipId } from "./vip.ts";
export type { VipKey } from "./vip.ts";
