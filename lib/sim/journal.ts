import type { SimRequest } from "./faults.ts";

/** What happened to the simulated VPP. */
export type SimEvent =
  | { readonly kind: "started" }
  | { readonly kind: "died"; readonly reason: string }
  | { readonly kind: "connected"; readonly connection: number }
  | { readonly kind: "disconnected"; readonly connection: number }
  | {
    readonly kind: "request";
    readonly request: SimRequest;
    /** Of the reply, undefined when there is none or it has none. */
    readonly retval: number | undefined;
  }
  | { readonly kind: "stats-client" };

/** An event and when it was, by the clock's monotonic milliseconds. */
export type JournalEntry = SimEvent & { readonly at: number };

/** Events kept; older ones are forgotten. */
const mostEvents = 20_000;

/** The events so far, and whoever wants to hear of them. */
export class Journal {
  readonly #entries: JournalEntry[] = [];
  readonly #listeners = new Set<(entry: JournalEntry) => void>();
  readonly #now: () => number;
  #count = 0;

  /** `now` tells the time. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** How many events there have been, forgotten ones included. */
  get count(): number {
    return this.#count;
  }

  /** Oldest first. */
  get entries(): readonly JournalEntry[] {
    return this.#entries;
  }

  /** The requests among them. */
  requests(name?: string): SimRequest[] {
    return this.#entries.flatMap((entry) =>
      entry.kind === "request" && (name === undefined || entry.request.name === name)
        ? [entry.request]
        : []
    );
  }

  /** Calls `listener` at each event until the returned function is called. */
  subscribe(listener: (entry: JournalEntry) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Forgets everything so far. */
  clear(): void {
    this.#entries.length = 0;
  }

  /** Notes an event. */
  note(event: SimEvent): void {
    const entry = { ...event, at: this.#now() };
    this.#count++;
    this.#entries.push(entry);
    if (this.#entries.length > mostEvents) this.#entries.splice(0, mostEvents / 10);
    for (const listener of this.#listeners) listener(entry);
  }
}
