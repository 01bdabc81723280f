import type { JournalEntry } from "../sim/mod.ts";
import type { HeldWatch } from "./held_watch.ts";
import type { WellWatch } from "./well_watch.ts";
import { changeOf, type Reasons } from "./reasons.ts";

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
      this.#blame(
        entry,
        `VPP refused ${request.name} ${shown(request.fields)}: ${retval}`,
      );
    }
    if (retval === 0) this.#judge(entry);
  }

  #judge(entry: JournalEntry & { readonly kind: "request" }): void {
    const { name, fields } = entry.request;
    const reason = this.reasons.against(name, fields);
    const change = changeOf(name, fields);
    const harm = change && this.held.see(change);
    const loss = change && this.well.against(change);
    for (const wrong of [reason, harm, loss]) {
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
