import type { JournalEntry } from "../sim/mod.ts";
import type { WellWatch } from "./well_watch.ts";
import { type Change, changeOf, type Reasons } from "./reasons.ts";
import type { Wanted } from "./desired.ts";

/** The return value of requests that the simulation has VPP refuse: nothing else returns it. */
export const refusal = -99;

/** What VPP was asked that it should not have been. */
export class WireWatch {
  readonly wrong: string[] = [];
  /** Somebody else has changed VPP, so maglevd may be wrong about what it holds. */
  isTampered = false;

  constructor(
    private readonly reasons: Reasons,
    private readonly held: HeldWatch,
    private readonly well: WellWatch,
  ) {}

  /** Takes in what happened to VPP. */
  see(entry: JournalEntry): void {
    const isForeign = this.isTampered && entry.kind === "died" && foreign.test(entry.reason);
    if (entry.kind === "died" && !own.test(entry.reason) && !isForeign) {
      this.#blame(entry, `VPP died: ${entry.reason}`);
    }
    if (entry.kind !== "request") return;
    const { request, retval } = entry;
    const isChange = /^lb_(add|as_set|conf$)/.test(request.name);
    if (isChange && (retval ?? 0) < 0 && retval !== refusal && !this.isTampered) {
      this.#blame(entry, `VPP refused ${request.name} ${shown(request.fields)}: ${retval}`);
    }
    if (retval === 0) this.#judge(entry);
  }

  #judge(entry: JournalEntry & { readonly kind: "request" }): void {
    const { name, fields } = entry.request;
    const change = changeOf(name, fields);
    if (!change) return;
    const { reasons, held, well } = this;
    for (const wrong of [reasons.against(change), held.see(change), well.against(change)]) {
      if (wrong !== undefined) this.#blame(entry, `${name} ${shown(fields)}: ${wrong}`);
    }
  }

  #blame({ at }: JournalEntry, what: string): void {
    this.wrong.push(`at ${at.toFixed(3)} ms: ${what}`);
  }
}

/** What VPP dies of when somebody puts such a VIP in the place of ours just before a change. */
const foreign = /all-port NAT VIP/;

/** Ends that the simulation itself brings about. */
const own = /^(killed|restarted|stopped|told to)/;

/** Fields for people: addresses by their bytes. */
export function shown(fields: unknown): string {
  return JSON.stringify(
    fields,
    (_, value) => value instanceof Uint8Array ? value.join(".") : value,
  );
}

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
