import type { DesiredVip } from "./desired.ts";

/** What a plan needs to know about flushes done and wished for. */
export interface FlushView {
  /** Whether the flows of this server have been moved since it entered its flushing state. */
  isFlushed(vip: string, address: string): boolean;
  /** Whether an operator asked for its flows to be moved once. */
  isRequested(vip: string, address: string): boolean;
}

/**
 * Remembers which servers are in a flushing state (down with flush-on-down, or disabled) and have
 * been flushed for it, so that each entry into such a state flushes once and not with every drift
 * pass. Entries exist only for servers that frontends have, and go with them.
 *
 * A server that is in a flushing state when maglevd starts is flushed once: nobody knows whether
 * its flows were moved before.
 */
export class FlushLedger implements FlushView {
  readonly #flushed = new Map<string, Set<string>>();
  readonly #requested = new Map<string, Set<string>>();

  isFlushed(vip: string, address: string): boolean {
    return this.#flushed.get(vip)?.has(address) ?? false;
  }

  isRequested(vip: string, address: string): boolean {
    return this.#requested.get(vip)?.has(address) ?? false;
  }

  /** An operator wants the flows of this server moved once. */
  request(vip: string, address: string): void {
    add(this.#requested, vip, address);
  }

  /** VPP moved the flows of a server, or made it anew so that it has none. */
  flushed(vip: string, address: string): void {
    remove(this.#requested, vip, address);
    add(this.#flushed, vip, address);
  }

  /**
   * Takes note of what is desired now: servers that are out of their flushing state will be
   * flushed again when they come back to it, and those that are gone are forgotten.
   */
  settle(vip: DesiredVip): void {
    if (!this.#flushed.has(vip.id) && !this.#requested.has(vip.id)) return;
    const flushing = new Set<string>();
    const present = new Set<string>();
    for (const { address, flush } of vip.servers) {
      present.add(address.text);
      if (flush) flushing.add(address.text);
    }
    keepOnly(this.#flushed, vip.id, flushing);
    keepOnly(this.#requested, vip.id, present);
  }

  /** Forgets VIPs that are not desired any more. */
  keepVips(desired: ReadonlySet<string>): void {
    for (const marks of [this.#flushed, this.#requested]) {
      for (const vip of marks.keys()) if (!desired.has(vip)) marks.delete(vip);
    }
  }

  /** VPP was restarted and has no flows. */
  clear(): void {
    this.#flushed.clear();
    this.#requested.clear();
  }
}

function add(marks: Map<string, Set<string>>, vip: string, address: string): void {
  const addresses = marks.get(vip);
  if (addresses) addresses.add(address);
  else marks.set(vip, new Set([address]));
}

function remove(marks: Map<string, Set<string>>, vip: string, address: string): void {
  const addresses = marks.get(vip);
  addresses?.delete(address);
  if (addresses?.size === 0) marks.delete(vip);
}

function keepOnly(
  marks: Map<string, Set<string>>,
  vip: string,
  wanted: ReadonlySet<string>,
): void {
  for (const address of marks.get(vip) ?? []) {
    if (!wanted.has(address)) remove(marks, vip, address);
  }
}
