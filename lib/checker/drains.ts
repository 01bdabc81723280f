import { formatDuration } from "../config/mod.ts";
import { safetyReason } from "../events/mod.ts";
import { Alarm, type Clock, inSlices, type Steps } from "../time/mod.ts";
import { type BackendEntry, deadlineMsIn, type DrainTraffic } from "./backend.ts";
import type { Generation } from "./plan.ts";
import type { States } from "./states.ts";
import type { Drain } from "./types.ts";

/** What VPP sent to servers. */
export interface ServerTraffic {
  /** When it was read; another one for each reading. */
  readonly at: number;
  /** Packets since VPP began to count; undefined where that is not known. */
  packetsTo(address: string): number | undefined;
}

/** The latest reading; undefined while there is none. */
export type TrafficSource = () => ServerTraffic | undefined;

/** As often as VPP's counters are read, in milliseconds. */
const lookEveryMs = 5_000;

/**
 * Looks after drains: what is left when the deadline is over is moved away, and a backend to which
 * VPP has sent nothing for as long as it remembers a flow is drained. While nothing drains it does
 * nothing.
 */
export class Drains {
  #source: TrafficSource | undefined;
  readonly #alarm: Alarm;
  /** What is left to be looked at of those that run. */
  #left: Iterable<BackendEntry> | undefined;
  /** When there is something to do again, perhaps. */
  #due = Infinity;

  constructor(
    private readonly clock: Clock,
    private readonly states: Pick<States, "drain">,
    /** What runs now. */
    private readonly generation: () => Generation,
  ) {
    this.#alarm = new Alarm(clock, () => this.look());
  }

  /** From now on this tells what VPP sends to servers. */
  watch(source: TrafficSource): void {
    this.#source = source;
    this.look();
  }

  /** The drain of this one has begun: does what is due, and sees to it that it is looked again. */
  begun(entry: BackendEntry): void {
    if (this.#alarm.isClosed) return;
    this.#look(entry);
    if (!this.#left) this.#wake();
  }

  /** Does what is due, of thousands some at a time, and sees to it that it is looked again. */
  look(): void {
    this.#due = Infinity;
    this.#left = this.generation().backends.values();
    void inSlices(this.clock, this.#lookAtAll(this.#left));
  }

  /** Ends where another look at all has begun meanwhile. */
  *#lookAtAll(entries: Iterable<BackendEntry>): Steps<void> {
    for (const entry of entries) {
      if (this.#left !== entries || this.#alarm.isClosed) return;
      if (this.#look(entry)) yield;
    }
    if (this.#left !== entries) return;
    this.#left = undefined;
    this.#wake();
  }

  #wake(): void {
    this.#alarm.set(Math.max(1, this.#due - this.clock.now()));
  }

  /** Whether there was anything to look at. */
  #look(entry: BackendEntry): boolean {
    const { drain } = entry;
    if (!drain || drain.drainedAt !== undefined) return false;
    this.#due = Math.min(this.#due, this.clock.now() + this.#lookAt(entry, drain));
    return true;
  }

  /** No timer is left. */
  close(): void {
    this.#alarm.close();
  }

  /** Returns after how many milliseconds there is something to do, perhaps. */
  #lookAt(entry: BackendEntry, drain: Drain): number {
    const { clock, states, generation } = this;
    const goneMs = clock.now() - entry.drainBegan;
    const { memberships, frontends } = entry.placement;
    const deadlines = memberships.map((member) => deadlineMsIn(drain, member));
    const overdue = frontends.filter((_, i) => (deadlines[i] ?? Infinity) <= goneMs);
    const fresh = overdue.filter((name) => !drain.overdue.includes(name));
    if (fresh.length > 0) {
      const detail = "what is left of its flows is moved away";
      drain = { ...drain, overdue };
      states.drain(entry, drain, { change: "overdue", frontends: fresh, detail }, safetyReason);
    }
    entry.drainTraffic = this.#trafficOf(entry);
    const flowTimeoutMs = generation().config.lb.flowTimeoutSeconds * 1000;
    const why = whyDrained(frontends, overdue, entry.drainTraffic, flowTimeoutMs);
    if (why !== undefined) {
      const drained = { ...drain, drainedAt: clock.wall() };
      states.drain(entry, drained, { change: "drained", frontends, detail: why }, safetyReason);
      return Infinity;
    }
    const toCome = deadlines.filter((ms) => ms > goneMs).map((ms) => ms - goneMs);
    return Math.min(...toCome, this.#source ? lookEveryMs : Infinity);
  }

  #trafficOf(
    { config: { address }, drainTraffic: before }: BackendEntry,
  ): DrainTraffic | undefined {
    const reading = this.#source?.();
    const packets = reading?.packetsTo(address.text);
    if (!reading || packets === undefined) return undefined;
    const { at: readAt } = reading;
    const seenAt = this.clock.now();
    if (!before) return { readAt, seenAt, quietSince: seenAt, packets, perSecond: undefined };
    // What was read long ago says nothing about now.
    if (readAt === before.readAt) return before;
    const sent = packets - before.packets;
    // Fewer than before: VPP was restarted.
    const perSecond = Math.max(0, sent) * 1000 / Math.max(1, seenAt - before.seenAt);
    return {
      ...{ readAt, seenAt, packets, perSecond },
      quietSince: sent === 0 ? before.quietSince : seenAt,
    };
  }
}

/** Why nothing is left of its flows; undefined while something may be. */
function whyDrained(
  frontends: readonly string[],
  overdue: readonly string[],
  traffic: DrainTraffic | undefined,
  flowTimeoutMs: number,
): string | undefined {
  if (frontends.length === 0) return "no frontend uses it";
  if (overdue.length === frontends.length) return "its deadline is over";
  const isQuiet = traffic && traffic.seenAt - traffic.quietSince >= flowTimeoutMs;
  return isQuiet ? `no packets for ${formatDuration(flowTimeoutMs)}` : undefined;
}
