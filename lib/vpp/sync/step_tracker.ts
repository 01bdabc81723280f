import type { EventSink } from "../../events/mod.ts";
import type { Clock } from "../../time/mod.ts";
import type { VppStep } from "../service.ts";

/** What a sentence names of a long list. */
const mostNamed = 5;

/** Keeps whether one VPP holds all that is desired, and tells when that changes. */
export class StepTracker {
  /** By the id of the VIP; empty for the global settings. */
  readonly #differs = new Map<string, string>();
  #state: VppStep;
  #pendingSince: number | undefined;
  /** What was told last: empty for being in step, undefined for nothing since the connect. */
  #told: string | undefined;

  /** Of one connection, which begins now. */
  constructor(private readonly clock: Clock, private readonly events: EventSink) {
    this.#state = { inStep: false, since: clock.wall(), checkedAt: 0, differs: [] };
    this.begin();
  }

  /** How things stand. */
  get state(): VppStep {
    return this.#state;
  }

  /** Since when there is something to be done for VPP, or to be heard from it. */
  get pendingSince(): number | undefined {
    return this.#pendingSince;
  }

  /** There is something to be done. */
  begin(): void {
    this.#pendingSince ??= this.clock.wall();
  }

  /** There is nothing to be done. */
  rest(): void {
    this.#pendingSince = undefined;
  }

  /** VPP was asked what it holds. */
  checked(): void {
    this.#state = { ...this.#state, checkedAt: this.clock.wall() };
  }

  /** How a VIP differs from what is desired though making it so was tried; undefined if not. */
  difference(vip: string): string | undefined {
    return this.#differs.get(vip);
  }

  /** All that differs although it was tried. */
  get differences(): readonly string[] {
    return [...this.#differs.values()];
  }

  /** Notes how a VIP differs though it was tried, or that it does not. */
  note(vip: string, difference: string | undefined): void {
    if (difference === undefined) this.#differs.delete(vip);
    else this.#differs.set(vip, difference);
  }

  /** The same for the global settings. */
  noteSettings(difference: string | undefined): void {
    this.note("", difference);
  }

  /** Every VIP was tried: those that are not named do not differ. */
  keepOnly(vips: Pick<ReadonlySet<string>, "has">): void {
    for (const id of this.#differs.keys()) {
      if (id !== "" && !vips.has(id)) this.#differs.delete(id);
    }
  }

  /** Nothing is under way; `isWhole` says whether everything was looked at since the connect. */
  settled(isWhole: boolean): void {
    const { differences } = this;
    const told = differences.join("\n");
    const inStep = told === "";
    if (inStep && !isWhole) {
      this.#told = undefined;
      this.#state = { ...this.#state, differs: [] };
      return;
    }
    if (told === this.#told) return;
    this.#told = told;
    const since = inStep === this.#state.inStep ? this.#state.since : this.clock.wall();
    this.#state = { ...this.#state, inStep, since, differs: differences };
    this.events.emit([{
      kind: "vpp",
      change: inStep ? "in-step" : "out-of-step",
      detail: summaryOf(differences),
      attributes: { since: new Date(since).toISOString() },
      cause: { kind: "vpp" },
    }]);
  }
}

/** A long list as one sentence. */
export function summaryOf(details: readonly string[]): string {
  const more = details.length - mostNamed;
  const named = details.slice(0, mostNamed).join("; ");
  return more > 0 ? `${named}; and ${more} more` : named;
}
