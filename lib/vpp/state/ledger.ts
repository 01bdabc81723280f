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

/** What is remembered of one server. */
interface Marks {
  isFlushed?: boolean;
  /** What became of the operator's request to move its flows, which ends with VPP's answer. */
  request?: "made" | "sent" | undefined;
  weightBefore?: number | undefined;
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
  /** By VIP and address. */
  readonly #servers = new Map<string, Map<string, Marks>>();

  /** `memory` is what another process knew, and where this one's knowledge goes. */
  constructor(private readonly memory?: FlushMemory) {
    for (const { vip, addresses } of memory?.restored ?? []) {
      for (const address of addresses) this.#marks(vip, address).isFlushed = true;
    }
  }

  isFlushed(vip: string, address: string): boolean {
    return this.#servers.get(vip)?.get(address)?.isFlushed ?? false;
  }

  isRequested(vip: string, address: string): boolean {
    return this.#servers.get(vip)?.get(address)?.request !== undefined;
  }

  weightBefore(vip: string, address: string): number | undefined {
    return this.#servers.get(vip)?.get(address)?.weightBefore;
  }

  /**
   * This server is about to be removed, with this weight, for its VIP to be made anew. Whatever
   * becomes of VPP's answer.
   */
  takingDown(vip: string, address: string, weight: number): void {
    this.#marks(vip, address).weightBefore = weight;
  }

  /** This server is about to be added: it has no flows that somebody may have wanted moved. */
  adding(vip: string, address: string): void {
    const marks = this.#servers.get(vip)?.get(address);
    if (marks) marks.request = undefined;
  }

  /** This server was added: what it had before is of no interest any more. */
  added(vip: string, address: string): void {
    const marks = this.#servers.get(vip)?.get(address);
    if (marks) marks.weightBefore = undefined;
  }

  /** An operator wants the flows of this server moved once. */
  request(vip: string, address: string): void {
    this.#marks(vip, address).request = "made";
  }

  /** Its flows are about to be moved. Whoever asks for that from now on asks for another time. */
  flushing(vip: string, address: string): void {
    const marks = this.#servers.get(vip)?.get(address);
    if (marks?.request) marks.request = "sent";
  }

  /** VPP moved the flows of a server, or made it anew so that it has none. */
  flushed(vip: string, address: string): void {
    const marks = this.#marks(vip, address);
    const isNew = !marks.isFlushed;
    if (marks.request === "sent") marks.request = undefined;
    marks.isFlushed = true;
    if (isNew) this.#changed(vip);
  }

  /**
   * Takes note of what is desired now: servers that are out of their flushing state will be
   * flushed again when they come back to it, and those that are gone are forgotten. One that keeps
   * what VPP has for it was not looked at yet since maglevd started, and may be in that state still.
   */
  settle({ id, servers }: DesiredVip): void {
    const known = this.#servers.get(id);
    if (!known) return;
    const before = this.#flushedOf(id).length;
    const present = new Map(servers.map((server) => [server.address.text, server]));
    for (const [address, marks] of known) {
      const server = present.get(address);
      if (!server) known.delete(address);
      else if (!server.flush && server.weight !== "kept") marks.isFlushed = false;
    }
    if (this.#flushedOf(id).length !== before) this.#changed(id);
  }

  /** Forgets VIPs that are not desired any more. */
  keepVips(desired: ReadonlySet<string>): void {
    for (const vip of this.#servers.keys()) if (!desired.has(vip)) this.#forget(vip);
  }

  /** VPP was restarted: it has neither flows nor servers. */
  clear(): void {
    for (const vip of this.#servers.keys()) this.#forget(vip);
  }

  #forget(vip: string): void {
    const hasFlushed = this.#flushedOf(vip).length > 0;
    this.#servers.delete(vip);
    if (hasFlushed) this.#changed(vip);
  }

  #marks(vip: string, address: string): Marks {
    const servers = this.#servers.getOrInsertComputed(vip, () => new Map());
    return servers.getOrInsertComputed(address, () => ({}));
  }

  #flushedOf(vip: string): string[] {
    return [...this.#servers.get(vip) ?? []].flatMap(([address, { isFlushed }]) =>
      isFlushed ? [address] : []
    );
  }

  #changed(vip: string): void {
    this.memory?.changed({ vip, addresses: this.#flushedOf(vip) });
  }
}
