import type { IpAddress } from "../../ip/mod.ts";
import type { Steps } from "../../time/mod.ts";
import type { DesiredVip } from "./desired.ts";
import type { ServerChange } from "./plan.ts";
import { type ActualVip, type DumpedVip, prefixText, usedFlag, type VipKey } from "./vip.ts";

/** Something that a dump shows otherwise than it was known. */
export interface Alteration {
  readonly vip: VipKey;
  /** For people. */
  readonly detail: string;
}

/**
 * What VPP is known to hold: the last dump, and every change that VPP has accepted since. It lets
 * a transition be planned without a dump, which takes some 100 ms for 20,000 servers. Whoever
 * changes VPP by hand is found out by the next full sync, or by VPP refusing a change.
 */
export class KnownState {
  readonly #vips = new Map<string, DumpedVip>();
  readonly #byPrefix = new Map<string, Set<string>>();
  /** What was changed since a dump was asked for: by VIP, all of it or these servers. */
  #touched = new Map<string, "all" | Set<string>>();
  #changedAddresses = new Map<string, IpAddress>();
  #version = 0;

  /** Changes whenever VIPs or servers come or go. */
  get version(): number {
    return this.#version;
  }

  /** Addresses of VIPs and servers that have come or gone since this was last asked. */
  takeChangedAddresses(): Iterable<IpAddress> {
    const changed = this.#changedAddresses;
    this.#changedAddresses = new Map();
    return changed.values();
  }

  /** Every VIP, in no particular order. */
  all(): Iterable<ActualVip> {
    return this.#vips.values();
  }

  /** The VIP with this id, if VPP has it. */
  vip(id: string): ActualVip | undefined {
    return this.#vips.get(id);
  }

  /** The VIPs of one prefix. */
  onPrefix(prefix: string): ActualVip[] {
    const ids = this.#byPrefix.get(prefix) ?? [];
    return [...ids].flatMap((id) => this.#vips.get(id) ?? []);
  }

  /** From now on changes are remembered, because a dump is about to be asked for. */
  startDump(): void {
    this.#touched = new Map();
  }

  /**
   * Takes over a dump, and says what it shows otherwise than it was known: what somebody else has
   * done. What was changed while it was under way, a VIP or a server of one, keeps what is known of
   * it, since the dump may have seen it before or after. Yields between VIPs; nothing is to be noted
   * as changed before the end.
   */
  *finishDump(dump: ReadonlyMap<string, DumpedVip>): Steps<Alteration[]> {
    const altered: Alteration[] = [];
    for (const [id, vip] of [...this.#vips]) {
      yield;
      if (this.#touched.has(id) || dump.has(id)) continue;
      altered.push({ vip, detail: "removed" });
      this.#noteChange(vip.address);
      this.#drop(id);
    }
    for (const dumped of dump.values()) {
      yield;
      const before = this.#vips.get(dumped.id);
      const touched = this.#touched.get(dumped.id);
      if (touched === "all" || (touched && !before)) continue;
      const vip = touched && before ? withServers(dumped, before, touched) : dumped;
      const detail = before ? alteration(before, vip) : "added";
      if (detail !== "") altered.push({ vip, detail });
      this.#compare(before, vip);
      this.#put(vip);
    }
    return altered;
  }

  /** VPP's text told where it counts for this VIP. */
  poolIndexFound(id: string, poolIndex: number): void {
    const vip = this.#vips.get(id);
    if (vip) this.#vips.set(id, { ...vip, poolIndex });
  }

  /** VPP made this VIP. Its pool index is for the next dump to tell. */
  vipAdded(vip: DesiredVip): void {
    this.#touched.set(vip.id, "all");
    this.#noteChange(vip.address);
    const { id, address, prefixLength, protocol, port, encap, sticky, flowTableLength } = vip;
    this.#put({
      ...{ id, address, prefixLength, protocol, port, encap, sticky, flowTableLength },
      poolIndex: undefined,
      servers: new Map(),
    });
  }

  /** VPP deleted this VIP. */
  vipRemoved(id: string): void {
    this.#touched.set(id, "all");
    const vip = this.#vips.get(id);
    if (vip) this.#noteChange(vip.address);
    this.#drop(id);
  }

  /** VPP changed a server as asked. */
  serverChanged(id: string, change: ServerChange): void {
    const { address } = change;
    const touched = this.#touched.getOrInsertComputed(id, () => new Set());
    if (touched !== "all") touched.add(address.text);
    const servers = this.#vips.get(id)?.servers;
    if (!servers) return;
    if (change.kind !== "as-weight") this.#noteChange(address);
    if (change.kind === "as-del") servers.delete(address.text);
    else {
      const before = servers.get(address.text);
      const { weight } = change;
      // The buckets are VPP's to compute: a dump tells them.
      const buckets = before?.buckets ?? 0;
      servers.set(address.text, { address, weight, flags: usedFlag, buckets });
    }
  }

  #noteChange(address: IpAddress): void {
    this.#changedAddresses.set(address.text, address);
    this.#version++;
  }

  /** Notes what a dump shows that was not known: somebody changed VPP by hand. */
  #compare(before: DumpedVip | undefined, now: ActualVip): void {
    if (!before || before.poolIndex !== now.poolIndex) this.#noteChange(now.address);
    for (const [text, { address }] of now.servers) {
      if (!before?.servers.has(text)) this.#noteChange(address);
    }
    for (const [text, { address }] of before?.servers ?? []) {
      if (!now.servers.has(text)) this.#noteChange(address);
    }
  }

  #put(vip: DumpedVip): void {
    const prefix = prefixText(vip);
    this.#byPrefix.getOrInsertComputed(prefix, () => new Set()).add(vip.id);
    this.#vips.set(vip.id, vip);
  }

  #drop(id: string): void {
    const vip = this.#vips.get(id);
    if (!vip) return;
    this.#vips.delete(id);
    const prefix = prefixText(vip);
    const ids = this.#byPrefix.get(prefix);
    ids?.delete(id);
    if (ids?.size === 0) this.#byPrefix.delete(prefix);
  }
}

/** A VIP as it was dumped, but what is known of the servers at these addresses. */
function withServers(dumped: DumpedVip, known: ActualVip, addresses: Iterable<string>): DumpedVip {
  const servers = new Map(dumped.servers);
  for (const address of addresses) {
    const server = known.servers.get(address);
    if (server) servers.set(address, server);
    else servers.delete(address);
  }
  return { ...dumped, servers };
}

/** The field of a dump that tells the length of a table has 16 bits. */
const lengthMask = 0xffff;

/** How somebody changed a VIP, empty if nobody did. What VPP did not tell is not compared. */
function alteration(before: ActualVip, now: ActualVip): string {
  const changes: string[] = [];
  if (before.encap !== now.encap) changes.push(`encap ${before.encap} -> ${now.encap}`);
  const isTold = before.sticky !== undefined && now.sticky !== undefined;
  if (isTold && before.sticky !== now.sticky) {
    changes.push(`src-ip-sticky ${before.sticky} -> ${now.sticky}`);
  }
  if (((before.flowTableLength ^ now.flowTableLength) & lengthMask) !== 0) {
    changes.push(`buckets ${before.flowTableLength} -> ${now.flowTableLength}`);
  }
  for (const [text, { weight }] of before.servers) {
    const present = now.servers.get(text);
    if (!present) changes.push(`${text} removed`);
    else if (present.weight !== weight) {
      changes.push(`${text} weight ${weight} -> ${present.weight}`);
    }
  }
  for (const [text, { weight }] of now.servers) {
    if (!before.servers.has(text)) changes.push(`${text} added with weight ${weight}`);
  }
  return changes.join(", ");
}
