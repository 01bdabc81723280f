import type { Wanted } from "./desired.ts";
import type { Change } from "./reasons.ts";

/** What VPP was made to hold, as far as it can do harm, and which servers may have flows. */
export class HeldWatch {
  /** By VIP, the servers it has, and whether each may have flows that were not moved away. */
  readonly #vips = new Map<string, Map<string, boolean>>();

  /** `mayRefuse` tells whether VPP refuses what it should do. */
  constructor(private readonly mayRefuse: () => boolean) {}

  /** Takes in a change that VPP has carried out. Returns what is wrong with it. */
  see(change: Change): string | undefined {
    const { kind, vip } = change;
    const servers = this.#vips.get(vip) ?? new Map<string, boolean>();
    switch (kind) {
      case "add vip":
        this.#vips.set(vip, servers);
        return this.#loops(change);
      case "delete vip":
        this.#vips.delete(vip);
        return servers.size > 0 && !this.mayRefuse()
          ? `it still has ${[...servers.keys()].join(", ")}, whose flows nothing can move any more`
          : undefined;
      case "add server":
      case "set weight": {
        const { address, weight, flush } = change;
        const had = kind === "set weight" && (servers.get(address) ?? false);
        servers.set(address, weight > 0 || (had && !flush));
        return this.#loops(change);
      }
      case "delete server":
        servers.delete(change.address);
        return change.flush ? undefined : "its flows are not moved away";
    }
  }

  /** Somebody else has changed VPP: a weight, or a server or VIP that is gone now. */
  altered(vip: string, address?: string, weight?: number): void {
    if (address === undefined) this.#vips.delete(vip);
    else if (weight === undefined) this.#vips.get(vip)?.delete(address);
    else if (weight > 0) this.#vips.get(vip)?.set(address, true);
  }

  /** VPP has started, empty. */
  cleared(): void {
    this.#vips.clear();
  }

  /** Servers whose flows should have been moved away, at rest. */
  unflushed(wanted: Wanted): string[] {
    const wrong: string[] = [];
    for (const [name, { servers }] of wanted) {
      for (const [address, { flush }] of servers) {
        if (flush && this.#vips.get(name)?.get(address)) {
          wrong.push(`${name} has flows of ${address} that were not moved away`);
        }
      }
    }
    return wrong;
  }

  /** VPP tunnels to itself if a server is at the address of a VIP. */
  #loops({ vip }: Change): string | undefined {
    const addresses = new Set([...this.#vips.keys()].map((name) => name.split("/")[0]));
    for (const servers of [...this.#vips.values()]) {
      for (const address of servers.keys()) {
        if (addresses.has(address)) return `by now VPP has the server ${address} at a VIP (${vip})`;
      }
    }
    return undefined;
  }
}
