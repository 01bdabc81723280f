import { formatDuration } from "../config/mod.ts";
import { because, type EventSink, type Reason, type SafetyHappening } from "../events/mod.ts";
import {
  afterChange,
  afterHold,
  type BackendState,
  type FlapMemory,
  type Health,
  isHealthy,
  neverFlapped,
} from "../health/mod.ts";
import type { Clock } from "../time/mod.ts";
import { Alarm } from "./alarm.ts";
import type { BackendEntry } from "./backend.ts";
import { safetyReason } from "./safety.ts";

/** A backend that is held down, as others see it; Unix milliseconds. */
export interface FlapHold {
  readonly since: number;
  readonly until: number;
}

/** What flaps are looked after with. */
export interface FlapHoldsOptions {
  readonly clock: Clock;
  readonly events: EventSink;
  /** Puts a backend that is held no more into the health that its probes have found. */
  readonly release: (entry: BackendEntry, health: Health, reason: Reason) => void;
}

/** Keeps backends down for a while that change between up and down too often. */
export class FlapHolds {
  readonly #options: FlapHoldsOptions;
  readonly #held = new Set<BackendEntry>();
  readonly #alarm: Alarm;

  constructor(options: FlapHoldsOptions) {
    this.#options = options;
    this.#alarm = new Alarm(options.clock, () => this.look());
  }

  /** A probe has changed the state of a backend. */
  changed(entry: BackendEntry, from: BackendState, reason: Reason): void {
    const rule = entry.check.flap;
    const { state: to } = entry;
    if (!rule || from === to || !isVerdict(from) || !isVerdict(to)) return;
    const { clock } = this.#options;
    const now = clock.now();
    entry.flaps = afterChange(entry.flaps, rule, to === "down", now);
    const { until } = entry.flaps;
    if (until === undefined) return;
    const since = clock.wall();
    setHold(entry, { since, until: since + until - now });
    this.#held.add(entry);
    const detail = `${rule.changes} changes within ${formatDuration(rule.withinMs)}, ` +
      `down for ${formatDuration(until - now)}`;
    this.#tell(entry, "begun", detail, reason);
    this.look();
  }

  /** Ends what is over, or makes no sense any more; to be called when states have changed. */
  look(): void {
    if (this.#held.size === 0) return;
    const now = this.#options.clock.now();
    for (const entry of this.#held) {
      const why = whyOver(entry, now);
      if (why !== undefined) this.#end(entry, afterHold(entry.flaps, now), why, safetyReason);
    }
    const next = Math.min(...Array.from(this.#held, ({ flaps }) => flaps.until ?? now));
    this.#alarm.set(Math.max(1, next - now));
  }

  /** An operator wants it held no more, and what there was forgotten. */
  lift(entry: BackendEntry, reason: Reason): void {
    if (this.#held.has(entry)) this.#end(entry, neverFlapped, "lifted by hand", reason);
    entry.flaps = neverFlapped;
  }

  /** No timer is left. */
  close(): void {
    this.#alarm.close();
  }

  #end(entry: BackendEntry, flaps: FlapMemory, detail: string, reason: Reason): void {
    this.#held.delete(entry);
    entry.flaps = flaps;
    setHold(entry, undefined);
    this.#tell(entry, "ended", detail, reason);
    const health = found(entry);
    if (entry.state === "down" && health) this.#options.release(entry, health, reason);
  }

  #tell(
    { name: backend }: BackendEntry,
    change: SafetyHappening["change"],
    detail: string,
    reason: Reason,
  ): void {
    const about = { measure: "flap-hold", change, frontend: "", backend, detail } as const;
    this.#options.events.emit(because(reason, [{ kind: "safety", ...about }]));
  }
}

function setHold(entry: BackendEntry, hold: FlapHold | undefined): void {
  entry.hold = hold;
  for (const { frontend } of entry.placement.memberships) frontend.outdate();
}

/** The states between which a backend flaps. */
function isVerdict(state: BackendState): boolean {
  return state === "up" || state === "down";
}

/** The health that probes have found of a backend, if they think that it is up. */
function found({ job: { counter }, check }: BackendEntry): Health | undefined {
  return counter !== undefined && isHealthy(counter, check) ? { state: "up", counter } : undefined;
}

/** Why a backend is to be held no more; undefined while it is. */
function whyOver(entry: BackendEntry, now: number): string | undefined {
  const { state, flaps: { until = now }, check: { flap }, placement: { memberships } } = entry;
  if (state !== "down") return `it is ${state}`;
  if (!flap) return "its check has no flap any more";
  if (until <= now) return "its time is over";
  // Better a server that flaps than none, or than those that fail-open keeps though they are down.
  const needed = memberships.find(({ frontend, weight }) =>
    weight > 0 && (frontend.tally.weight === 0 || frontend.open !== undefined)
  );
  if (!needed || !found(entry)) return undefined;
  const { open, file: { name } } = needed.frontend;
  return open ? `${name} fails open` : `nobody else is up in ${name}`;
}
