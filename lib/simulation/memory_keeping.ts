import { type EventPage, type EventQuery, isAskedFor, type MaglevEvent } from "../events/mod.ts";
import type { Batch, Keeping, Opened, SavedState, Written } from "../state/mod.ts";

/** Events that are kept: as many as a journal holds in memory. */
const mostEvents = 10_000;

/** The state's file, in memory: it outlives one maglevd after the other. */
export class MemoryKeeping implements Keeping {
  readonly backends = new Map<string, SavedState["backends"][number]>();
  readonly weights = new Map<string, SavedState["weights"]>();
  readonly failOpens = new Map<string, SavedState["failOpens"][number]>();
  readonly flushes = new Map<string, readonly string[]>();
  /** The batches of late, some of which may have failed. */
  readonly batches: Batch[] = [];
  /** What becomes of the next batches. */
  readonly outcomes: Written[] = [];
  readonly events: MaglevEvent[] = [];
  aliveAt = 0;
  lastSeq = 0;
  isClosed = false;
  opened: Omit<Opened, "state"> = { isWritable: true, troubles: [] };

  open(): Promise<Opened> {
    return Promise.resolve({ ...this.opened, state: this.state });
  }

  write(batch: Batch): Promise<Written> {
    this.batches.push(batch);
    if (this.batches.length > 100) this.batches.shift();
    const outcome = this.outcomes.shift() ?? { kind: "kept" };
    if (outcome.kind === "emptied") {
      this.backends.clear();
      this.weights.clear();
      this.failOpens.clear();
      this.flushes.clear();
      this.events.length = 0;
    }
    if (outcome.kind === "kept") this.#keep(batch);
    return Promise.resolve(outcome);
  }

  /** What a process that is killed now leaves behind; what it does after that is lost. */
  survivor(): MemoryKeeping {
    const survivor = new MemoryKeeping();
    survivor.aliveAt = this.aliveAt;
    survivor.lastSeq = this.lastSeq;
    survivor.events.push(...this.events);
    for (const [name, backend] of this.backends) survivor.backends.set(name, backend);
    for (const [name, weights] of this.weights) survivor.weights.set(name, weights);
    for (const [name, failOpen] of this.failOpens) survivor.failOpens.set(name, failOpen);
    for (const [vip, addresses] of this.flushes) survivor.flushes.set(vip, addresses);
    return survivor;
  }

  list(query: EventQuery, before: number): Promise<EventPage> {
    const asked = this.events.filter((event) => event.seq < before && isAskedFor(event, query));
    return Promise.resolve({ events: asked.slice(0, query.limit), next: undefined });
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }

  get state(): SavedState {
    return {
      aliveAt: this.aliveAt,
      lastSeq: this.lastSeq,
      events: this.events,
      backends: [...this.backends.values()],
      weights: [...this.weights.values()].flat(),
      failOpens: [...this.failOpens.values()],
      flushes: Array.from(this.flushes, ([vip, addresses]) => ({ vip, addresses })),
    };
  }

  #keep({ aliveAt, lastSeq, backends, gone, frontends, flushes, events }: Batch): void {
    this.aliveAt = aliveAt;
    this.lastSeq = lastSeq;
    this.events.push(...events);
    if (this.events.length > 2 * mostEvents) this.events.splice(0, this.events.length - mostEvents);
    for (const each of backends) this.backends.set(each.name, each);
    for (const name of gone) this.backends.delete(name);
    for (const { name, weights, failOpen } of frontends) {
      this.weights.set(name, weights);
      if (failOpen) this.failOpens.set(name, failOpen);
      else this.failOpens.delete(name);
    }
    for (const { vip, addresses } of flushes) {
      if (addresses.length > 0) this.flushes.set(vip, addresses);
      else this.flushes.delete(vip);
    }
  }
}
