import { formatDuration } from "../config/mod.ts";
import {
  because,
  type EventData,
  type EventSink,
  type Reason,
  safetyReason,
} from "../events/mod.ts";
import {
  afterChange,
  afterHold,
  type BackendState,
  type FlapMemory,
  type Health,
  neverFlapped,
} from "../health/mod.ts";
import { Alarm, type Clock, Due, DueQueue, type Steps } from "../time/mod.ts";
import type { BackendEntry } from "./backend.ts";
import type { FrontendEntry } from "./frontend.ts";
import type { FlapHold } from "./types.ts";

/** Holds that end in one turn of the event loop because their time is over. */
const mostPerTurn = 64;

/**
 * Keeps backends down for a while that change between up and down too often. Ten thousand may be
 * held at a time, so nothing looks at all of them when one backend changes.
 */
export class FlapHolds {
  readonly #held = new Map<BackendEntry, Expiry>();
  readonly #queue = new DueQueue<Expiry>();
  /** Frontends that need whoever is held there, all of whom were looked at. */
  #inNeed = new WeakSet<FrontendEntry>();
  readonly #alarm: Alarm;

  constructor(
    private readonly clock: Clock,
    private readonly events: EventSink,
    /** Puts a backend that is held no more into the health that its probes have found. */
    private readonly release: (entry: BackendEntry, health: Health, reason: Reason) => void,
  ) {
    this.#alarm = new Alarm(clock, () => this.#expire());
  }

  /** One that is held already is looked after as well. */
  adopt(entry: BackendEntry): void {
    if (entry.hold) this.#watch(entry);
  }

  /** A probe has changed the state of a backend. */
  changed(entry: BackendEntry, from: BackendState, reason: Reason): void {
    const rule = entry.check.flap;
    const { state: to } = entry;
    if (!rule || from === to || !isVerdict(from) || !isVerdict(to)) return;
    const { clock } = this;
    const now = clock.now();
    entry.flaps = afterChange(entry.flaps, rule, to === "down", now);
    const { until } = entry.flaps;
    if (until === undefined) return;
    const since = clock.wall();
    setHold(entry, { since, until: since + until - now });
    this.#watch(entry);
    const detail = `${rule.changes} changes within ${formatDuration(rule.withinMs)}, ` +
      `down for ${formatDuration(until - now)}`;
    this.events.emit(because(reason, [flapHoldNews(entry, "begun", detail)]));
  }

  /** Something about a backend has changed: its state, what probes have found, or a weight. */
  look(entry: BackendEntry): void {
    this.#judge(entry);
    for (const { frontend } of entry.placement.memberships) {
      if (frontend.standings.flapping.size > 0) this.#serve(frontend);
    }
  }

  /** Everything may be otherwise: there is another configuration. */
  *lookAtAll(): Steps<void> {
    this.#inNeed = new WeakSet();
    for (const entry of this.#held.keys()) {
      this.#judge(entry);
      yield;
    }
  }

  /** An operator wants it held no more, and what there was forgotten. */
  lift(entry: BackendEntry, reason: Reason): void {
    if (entry.hold) this.#end(entry, neverFlapped, "lifted by hand", reason);
  }

  /** It is another server from now on, or probed in another way: what there was says nothing of it. */
  forget(entry: BackendEntry, reason: Reason): void {
    if (entry.hold) this.#end(entry, neverFlapped, "the file has it probed otherwise", reason);
    else entry.flaps = neverFlapped;
  }

  /** No timer is left. */
  close(): void {
    this.#alarm.close();
  }

  #watch(entry: BackendEntry): void {
    const at = entry.flaps.until ?? this.clock.now();
    const expiry = new Expiry(at, entry);
    this.#held.set(entry, expiry);
    this.#queue.add(expiry);
    this.#wake();
  }

  /** Lets go of those that a frontend needs as soon as it does. */
  #serve(frontend: FrontendEntry): void {
    if (!isInNeed(frontend)) {
      this.#inNeed.delete(frontend);
      return;
    }
    // Whoever's probes pass from then on is looked at because of that.
    if (this.#inNeed.has(frontend)) return;
    this.#inNeed.add(frontend);
    for (const name of [...frontend.standings.flapping]) {
      const member = frontend.members.get(name);
      if (member) this.#judge(member.backend);
      if (!isInNeed(frontend)) return;
    }
  }

  #expire(): void {
    const now = this.clock.now();
    for (let left = mostPerTurn; left > 0; left--) {
      const expiry = this.#queue.take(now);
      if (!expiry) break;
      this.#judge(expiry.entry);
    }
    this.#wake();
  }

  #wake(): void {
    const { next = Infinity } = this.#queue;
    this.#alarm.set(Math.max(1, next - this.clock.now()));
  }

  /** Ends a hold that is over, or makes no sense any more. */
  #judge(entry: BackendEntry): void {
    if (!entry.hold) return;
    const now = this.clock.now();
    const why = whyOver(entry, now);
    if (why !== undefined) this.#end(entry, afterHold(entry.flaps, now), why, safetyReason);
  }

  #end(entry: BackendEntry, flaps: FlapMemory, detail: string, reason: Reason): void {
    const expiry = this.#held.get(entry);
    if (expiry) this.#queue.cancel(expiry);
    this.#held.delete(entry);
    const { found } = entry;
    entry.flaps = flaps;
    setHold(entry, undefined);
    this.events.emit(because(reason, [flapHoldNews(entry, "ended", detail)]));
    if (entry.state === "down" && found) this.release(entry, found, reason);
  }
}

/** What is told of a hold that begins or ends. */
export function flapHoldNews(
  { name: backend }: BackendEntry,
  change: EventData<"safety">["change"],
  detail: string,
): EventData<"safety"> {
  return { kind: "safety", measure: "flap-hold", change, frontend: "", backend, detail };
}

/** When a hold is over, by the clock that is never set. */
class Expiry extends Due {
  constructor(at: number, readonly entry: BackendEntry) {
    super(at);
  }
}

function setHold(entry: BackendEntry, hold: FlapHold | undefined): void {
  const { memberships } = entry;
  entry.hold = hold;
  entry.found = undefined;
  for (const member of memberships) member.frontend.noteFlapping(member);
}

/** The states between which a backend flaps. */
function isVerdict(state: BackendState): boolean {
  return state === "up" || state === "down";
}

/**
 * Better a server that flaps than none, or than those that fail-open keeps though they are down. As
 * long as others are awaited that may be up it has others.
 */
function isInNeed({ tally, open }: FrontendEntry): boolean {
  return tally.state === "down" || open !== undefined;
}

/** Why a backend is to be held no more; undefined while it is. */
function whyOver(entry: BackendEntry, now: number): string | undefined {
  const { state, found, flaps: { until = now }, check: { flap }, memberships } = entry;
  if (state !== "down") return `it is ${state}`;
  if (!flap) return "its check has no flap any more";
  if (until <= now) return "its time is over";
  if (!found) return undefined;
  const needing = memberships.find(({ frontend, weight }) => weight > 0 && isInNeed(frontend));
  if (!needing) return undefined;
  const { open, file: { name } } = needing.frontend;
  return open ? `${name} fails open` : `nobody else is up in ${name}`;
}
