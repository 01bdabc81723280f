import type { ActualServer, ActualVip, DesiredVip, ServerChange } from "../lb/mod.ts";
import { prefixText } from "../lb/mod.ts";

type Entry = Omit<ActualVip, "servers"> & { readonly servers: Map<string, ActualServer> };

const usedFlag = 1;

/** VPP's default, which is what is sent. */
const flowTableLength = 1024;

/**
 * What VPP is known to hold: the last dump, and every change that VPP has accepted since. It lets
 * a transition be planned without a dump, which takes some 100 ms for 20,000 servers. Whoever
 * changes VPP by hand is found out by the next full sync, or by VPP refusing a change.
 */
export class KnownState {
  readonly #vips = new Map<string, Entry>();
  readonly #byPrefix = new Map<string, Set<string>>();
  #touched = new Set<string>();

  /** Every VIP, in no particular order. */
  all(): Iterable<ActualVip> {
    return this.#vips.values();
  }

  get size(): number {
    return this.#vips.size;
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

  /** From now on changes are remembered by VIP, because a dump is about to be asked for. */
  startDump(): void {
    this.#touched = new Set();
  }

  /**
   * Takes over a dump. VIPs that were changed while it was under way keep what is known of them:
   * the dump may have seen them before or after.
   */
  finishDump(dump: ReadonlyMap<string, ActualVip>): void {
    for (const id of [...this.#vips.keys()]) if (!this.#touched.has(id)) this.#drop(id);
    for (const vip of dump.values()) {
      if (!this.#touched.has(vip.id)) this.#put({ ...vip, servers: new Map(vip.servers) });
    }
    this.#touched = new Set();
  }

  /** VPP made this VIP. Its pool index is for the next dump to tell. */
  vipAdded(vip: DesiredVip): void {
    this.#touched.add(vip.id);
    const { id, address, prefixLength, protocol, port, encap, sticky } = vip;
    this.#put({
      ...{ id, address, prefixLength, protocol, port, encap, sticky, flowTableLength },
      poolIndex: undefined,
      servers: new Map(),
    });
  }

  /** VPP deleted this VIP. */
  vipRemoved(id: string): void {
    this.#touched.add(id);
    this.#drop(id);
  }

  /** VPP changed a server as asked. */
  serverChanged(id: string, change: ServerChange): void {
    this.#touched.add(id);
    const servers = this.#vips.get(id)?.servers;
    if (!servers) return;
    const { address } = change;
    if (change.kind === "as-del") servers.delete(address.text);
    else {
      const before = servers.get(address.text);
      const { weight } = change;
      // The buckets are VPP's to compute: a dump tells them.
      const buckets = before?.buckets ?? 0;
      servers.set(address.text, { address, weight, flags: usedFlag, buckets });
    }
  }

  #put(vip: Entry): void {
    const prefix = prefixText(vip);
    const ids = this.#byPrefix.get(prefix);
    if (ids) ids.add(vip.id);
    else this.#byPrefix.set(prefix, new Set([vip.id]));
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
