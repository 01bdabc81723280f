import { compareIp, type IpAddress } from "../../ip/mod.ts";
import type { DesiredServer, DesiredVip } from "./desired.ts";
import type { Remembered } from "./ledger.ts";
import { type ActualVip, compareVips, prefixText, serversInOrder } from "./vip.ts";

/** One server of one VIP is to change. */
export type ServerChange =
  | {
    readonly kind: "as-add";
    readonly address: IpAddress;
    readonly weight: number;
    /** Whether its state is a flushing one; a new server has no flows to move. */
    readonly flushing: boolean;
  }
  | {
    readonly kind: "as-weight";
    readonly address: IpAddress;
    readonly weight: number;
    readonly from: number;
    readonly flush: boolean;
  }
  | { readonly kind: "as-del"; readonly address: IpAddress };

/** A VIP is to go, with all its servers. */
export interface VipRemoval {
  readonly vip: ActualVip;
  /** The frontend that makes it anew afterwards; empty for a VIP that nobody asks for. */
  readonly frontend: string;
  readonly reason: string;
}

/** A VIP is to be there, with these changes of its servers. */
export interface VipChanges {
  readonly vip: DesiredVip;
  /** Whether VPP lacks it, if only because it is removed first. */
  readonly isAdded: boolean;
  /** In numeric address order. */
  readonly servers: readonly ServerChange[];
}

/**
 * What is to be done on one prefix: first the removals, then the VIPs that are missing, then the
 * servers. Each step may rely on the one before.
 */
export interface PrefixPlan {
  readonly removals: readonly VipRemoval[];
  readonly changes: readonly VipChanges[];
  /** What must wait for a full sync, because a VIP that nobody asks for is in the way. */
  readonly blocked: readonly DesiredVip[];
  /** Servers that were looked at: what it took to plan this. */
  readonly looked: number;
}

/** All that is desired and all that is there on one prefix. */
export interface PrefixState {
  readonly desired: readonly DesiredVip[];
  readonly actual: readonly ActualVip[];
}

/**
 * Makes one prefix what it should be, removing VIPs only where they are in the way: VPP lets the
 * VIPs of a prefix have one encap only (-73), and either one for all ports or some per port (-81).
 * So a changed encap takes every port of the address down before the first is added again.
 */
export function planPrefix({ desired, actual }: PrefixState, memory: Remembered): PrefixPlan {
  const byId = new Map(actual.map((vip) => [vip.id, vip]));
  const wanted = new Map(desired.map((vip) => [vip.id, vip]));
  const clash = desired.some((vip) => actual.some((other) => other.encap !== vip.encap));
  const removals: VipRemoval[] = [];
  for (const vip of [...actual].sort(compareVips)) {
    const target = wanted.get(vip.id);
    if (!target) {
      if (desired.some((other) => inTheWay(vip, other))) removals.push(staleRemoval(vip));
      continue;
    }
    const reason = recreation(vip, target) ??
      (clash ? "the encap of its address changes" : undefined);
    if (reason !== undefined) removals.push({ vip, frontend: target.frontend, reason });
  }
  const removed = new Set(removals.map(({ vip }) => vip.id));
  const changes = [...desired].sort(compareVips)
    .map((vip) => vipChanges(vip, byId.get(vip.id), removed.has(vip.id), memory))
    .filter(({ isAdded, servers }) => isAdded || servers.length > 0);
  return { removals, changes, blocked: [], looked: serversOf(desired) };
}

/** What surrounds one VIP. */
export interface OneState {
  /** All that is there on its prefix. */
  readonly actual: readonly ActualVip[];
  /** All that is desired on its prefix; asked for only if another VIP is in the way. */
  readonly siblings: () => readonly DesiredVip[];
  /** Whether the VIP of this frontend may be made anew for the sake of the other. */
  readonly mayRecreate: (frontend: string) => boolean;
}

/**
 * Makes one VIP what it should be. Other VIPs of the prefix are made anew only if a changed encap
 * requires it; a VIP that nobody asks for is never removed, so one in the way blocks the change.
 */
export function planOne(target: DesiredVip, state: OneState, memory: Remembered): PrefixPlan {
  const present = state.actual.find(({ id }) => id === target.id);
  const others = state.actual.filter((vip) => vip.id !== target.id && inTheWay(vip, target));
  const inStep = present && recreation(present, target) === undefined;
  if (inStep || others.length === 0) {
    return planPrefix({ desired: [target], actual: present ? [present] : [] }, memory);
  }
  const siblings = state.siblings().filter(({ id }) => others.some((vip) => vip.id === id));
  const free = siblings.length === others.length &&
    siblings.every(({ frontend }) => state.mayRecreate(frontend));
  if (!free) return { removals: [], changes: [], blocked: [target], looked: serversOf(siblings) };
  const actual = present ? [present, ...others] : others;
  return planPrefix({ desired: [target, ...siblings], actual }, memory);
}

/** Removes VIPs that nobody asks for, in order. */
export function planSweep(stale: readonly ActualVip[]): PrefixPlan[] {
  return [...stale].sort(compareVips).map((vip) => ({
    removals: [staleRemoval(vip)],
    changes: [],
    blocked: [],
    looked: 0,
  }));
}

/**
 * The whole of a plan: the prefixes that are desired in order, then what nobody asks for. Yields
 * after each prefix, for slicing.
 */
export function* planAll(
  desired: readonly DesiredVip[],
  actual: Iterable<ActualVip>,
  memory: Remembered,
): Generator<void, PrefixPlan[]> {
  const present = [...actual];
  const byPrefix = Map.groupBy(present, prefixText);
  const plans: PrefixPlan[] = [];
  for (const [prefix, vips] of Map.groupBy([...desired].sort(compareVips), prefixText)) {
    plans.push(planPrefix({ desired: vips, actual: byPrefix.get(prefix) ?? [] }, memory));
    yield;
  }
  const settled = new Set(desired.map(({ id }) => id));
  for (const { vip } of plans.flatMap(({ removals }) => removals)) settled.add(vip.id);
  const stale = present.filter(({ id }) => !settled.has(id));
  return [...plans, ...planSweep(stale)]
    .filter(({ removals, changes }) => removals.length > 0 || changes.length > 0);
}

function serversOf(vips: readonly DesiredVip[]): number {
  return vips.reduce((sum, { servers }) => sum + servers.length, 0);
}

/** Whether VPP would not hold these two different VIPs of one prefix together. */
export function inTheWay(vip: ActualVip, target: DesiredVip): boolean {
  return vip.encap !== target.encap || (vip.port === 0) !== (target.port === 0);
}

function staleRemoval(vip: ActualVip): VipRemoval {
  return { vip, frontend: "", reason: "no frontend asks for it" };
}

/** Why VPP's VIP cannot become the desired one in place. Not knowing is no reason. */
function recreation(actual: ActualVip, desired: DesiredVip): string | undefined {
  if (actual.encap !== desired.encap) return `encap ${actual.encap} -> ${desired.encap}`;
  if (actual.sticky !== undefined && actual.sticky !== desired.sticky) {
    return `src-ip-sticky ${actual.sticky} -> ${desired.sticky}`;
  }
  return undefined;
}

function vipChanges(
  vip: DesiredVip,
  actual: ActualVip | undefined,
  isRemoved: boolean,
  memory: Remembered,
): VipChanges {
  if (!actual || isRemoved) {
    const before = (address: IpAddress) =>
      actual?.servers.get(address.text)?.weight ?? memory.weightBefore(vip.id, address.text);
    const servers = vip.servers.map((server) => serverAddition(server, before(server.address)));
    return { vip, isAdded: true, servers };
  }
  return { vip, isAdded: false, servers: serverChanges(vip, actual, memory) };
}

/**
 * `before` is the weight that the server had in the VIP that is made anew, if there is one: a
 * weight that is kept is kept from there. By hand it may have been given one over 100.
 */
function serverAddition(
  { address, weight, otherwise, flush }: DesiredServer,
  before: number | undefined,
): ServerChange {
  const known = weight === "kept" ? Math.min(before ?? otherwise ?? 0, 100) : weight;
  return { kind: "as-add", address, weight: known, flushing: flush };
}

function serverChanges(vip: DesiredVip, actual: ActualVip, memory: Remembered): ServerChange[] {
  const changes: ServerChange[] = [];
  let kept = 0;
  for (const server of vip.servers) {
    const present = actual.servers.get(server.address.text);
    if (!present) {
      const before = memory.weightBefore(vip.id, server.address.text);
      changes.push(serverAddition(server, before));
      continue;
    }
    kept++;
    const change = weightChange(vip.id, server, present.weight, memory);
    if (change) changes.push(change);
  }
  if (kept === actual.servers.size) return changes;
  const wanted = new Set(vip.servers.map(({ address }) => address.text));
  for (const { address } of serversInOrder(actual)) {
    if (!wanted.has(address.text)) changes.push({ kind: "as-del", address });
  }
  return changes.sort((a, b) => compareIp(a.address, b.address));
}

/**
 * A flush is due when the operator asked for one, and once per entry into a flushing state. A
 * weight that somebody else raised meanwhile has brought flows again: that counts as an entry.
 */
function weightChange(
  vip: string,
  { address, weight, flush: flushing }: DesiredServer,
  from: number,
  memory: Remembered,
): ServerChange | undefined {
  if (weight === "kept") return undefined;
  const differs = from !== weight;
  const due = flushing && (differs || !memory.isFlushed(vip, address.text));
  const flush = due || memory.isRequested(vip, address.text);
  return differs || flush ? { kind: "as-weight", address, weight, from, flush } : undefined;
}
