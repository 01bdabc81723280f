import type { DesiredVip } from "./desired.ts";

/** Servers of one VIP whose flows have been moved since they entered their flushing state. */
export interface Flushes {
  /** Its id. */
  readonly vip: string;
  readonly addresses: readonly string[];
}

/** What is known of flushes beyond the life of the process. */
export interface FlushMemory {
  /** What the process before knew. */
  readonly restored: readonly Flushes[];
  /** All that is known of one VIP is now this. */
  readonly changed: (flushes: Flushes) => void;
}

/** What a plan needs to know that VPP cannot be asked for. */
export interface Remembered {
  /** Whether the flows of this server have been moved since it entered its flushing state. */
  isFlushed(vip: string, address: string): boolean;
  /** Whether an operator asked for its flows to be moved once. */
  isRequested(vip: string, address: string): boolean;
  /** What the server had when its VIP was taken down to be made anew; undefined if it was not. */
  weightBefore(vip: string, address: string): number | undefined;
}

/**
 * What VPP cannot be asked for, kept for as long as it runs, over all connections.
 *
 * - Which servers are in a flushing state (down with flush-on-down, or disabled) and have been
 *   flushed for it, so that each entry into such a state flushes once and not with every drift
 *   pass. One that is in a flushing state when maglevd starts is flushed once, unless the process
 *   before has recorded that its flows were moved.
 * - Which weights servers had whose VIP is being made anew, for those that are to keep theirs.
 *
 * Entries exist only for servers that frontends have, and go with them.
 */
export class Ledger implements Remembered {
  readonly #flushed: Map<string, Set<string>>;
  readonly #requested = new Map<string, Set<string>>();
  readonly #weights = new Map<string, Map<string, number>>();

  /** `memory` is what another process knew, and where this one's knowledge goes. */
  constructor(private readonly memory?: FlushMemory) {
    this.#flushed = new Map(
      (memory?.restored ?? []).map(({ vip, addresses }) => [vip, new Set(addresses)]),
    );
  }

  isFlushed(vip: string, address: string): boolean {
    return this.#flushed.get(vip)?.has(address) ?? false;
  }

  isRequested(vip: string, address: string): boolean {
    return this.#requested.get(vip)?.has(address) ?? false;
  }

  weightBefore(vip: string, address: string): number | undefined {
    return this.#weights.get(vip)?.get(address);
  }

  /** This server of a VIP that is being taken down to be made anew had this weight. */
  takenDown(vip: string, address: string, weight: number): void {
    const weights = this.#weights.get(vip);
    if (weights) weights.set(address, weight);
    else this.#weights.set(vip, new Map([[address, weight]]));
  }

  /** This server was added: what it had before is of no interest any more. */
  added(vip: string, address: string): void {
    remove(this.#weights, vip, address);
  }

  /** An operator wants the flows of this server moved once. */
  request(vip: string, address: string): void {
    add(this.#requested, vip, address);
  }

  /** VPP moved the flows of a server, or made it anew so that it has none. */
  flushed(vip: string, address: string): void {
    remove(this.#requested, vip, address);
    if (this.isFlushed(vip, address)) return;
    add(this.#flushed, vip, address);
    this.#changed(vip);
  }

  /**
   * Takes note of what is desired now: servers that are out of their flushing state will be
   * flushed again when they come back to it, and those that are gone are forgotten. One that keeps
   * what VPP has for it was not looked at yet since maglevd started, and may be in that state still.
   */
  settle(vip: DesiredVip): void {
    const { id } = vip;
    if (![this.#flushed, this.#requested, this.#weights].some((marks) => marks.has(id))) return;
    const flushing = new Set<string>();
    const present = new Set<string>();
    for (const { address, weight, flush } of vip.servers) {
      present.add(address.text);
      if (flush || weight === "kept") flushing.add(address.text);
    }
    const before = this.#flushed.get(id)?.size;
    keepOnly(this.#flushed, id, flushing);
    if (this.#flushed.get(id)?.size !== before) this.#changed(id);
    keepOnly(this.#requested, id, present);
    keepOnly(this.#weights, id, present);
  }

  /** Forgets VIPs that are not desired any more. */
  keepVips(desired: ReadonlySet<string>): void {
    for (const vip of this.#flushed.keys()) if (!desired.has(vip)) this.#forget(vip);
    for (const marks of [this.#requested, this.#weights]) {
      for (const vip of marks.keys()) if (!desired.has(vip)) marks.delete(vip);
    }
  }

  /** VPP was restarted: it has neither flows nor servers. */
  clear(): void {
    for (const vip of this.#flushed.keys()) this.#forget(vip);
    this.#requested.clear();
    this.#weights.clear();
  }

  #forget(vip: string): void {
    this.#flushed.delete(vip);
    this.#changed(vip);
  }

  #changed(vip: string): void {
    this.memory?.changed({ vip, addresses: [...this.#flushed.get(vip) ?? []] });
  }
}

function add(marks: Map<string, Set<string>>, vip: string, address: string): void {
  const addresses = marks.get(vip);
  if (addresses) addresses.add(address);
  else marks.set(vip, new Set([address]));
}

/** Marks or weights: what is kept per address. */
interface ByAddress {
  readonly size: number;
  keys(): Iterable<string>;
  delete(address: string): boolean;
}

function remove(marks: Map<string, ByAddress>, vip: string, address: string): void {
  const addresses = marks.get(vip);
  addresses?.delete(address);
  if (addresses?.size === 0) marks.delete(vip);
}

function keepOnly(
  marks: Map<string, ByAddress>,
  vip: string,
  wanted: ReadonlySet<string>,
): void {
  for (const address of marks.get(vip)?.keys() ?? []) {
    if (!wanted.has(address)) remove(marks, vip, address);
  }
}
