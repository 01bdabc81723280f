import type { DatabaseSync } from "node:sqlite";
import { type EventPage, type EventQuery, isAskedFor, type MaglevEvent } from "../events/mod.ts";
import { eventOf, eventValues } from "./rows.ts";

/** How much of the past is kept (SPEC section 9). */
export interface JournalLimits {
  readonly days: number;
  /** Octets of events. */
  readonly octets: number;
}

/** 30 days or 64 MiB. */
export const journalLimits: JournalLimits = { days: 30, octets: 64 * 1024 * 1024 };

/** Events that are read at the start. */
const mostRestored = 10_000;

/** Events dropped at a time, and looked at at a time. */
const chunk = 1_000;

/** Events that one question looks at: whoever asks asks again. */
const mostLookedAt = 20_000;

/** Octets of an event: `length` alone counts characters. */
const octets = "length(CAST(body AS BLOB))";

const encoder = new TextEncoder();

/** The journal on disk: the table of events. Whatever SQLite throws is for the owner of the file. */
export class EventsTable {
  readonly #prepared: ReturnType<typeof prepared>;
  #octets: number;

  /** Of an open database. */
  constructor(database: DatabaseSync, private readonly limits: JournalLimits) {
    this.#prepared = prepared(database);
    this.#octets = this.#count();
  }

  /** What was put last is not there after all. */
  recount(): void {
    this.#octets = this.#count();
  }

  #count(): number {
    // Of no events the sum is null, which is 0 as a number.
    return Number(this.#prepared.all.get()?.octets);
  }

  /** Adds events and, beyond the limits, drops the oldest. `now` is Unix milliseconds. */
  put(events: readonly MaglevEvent[], now: number): void {
    for (const event of events) {
      const values = eventValues(event);
      this.#prepared.put.run(...values);
      this.#octets += encoder.encode(String(values[2])).length;
    }
    const oldest = now - this.limits.days * 86_400_000;
    for (const { octets } of this.#prepared.dropOlder.all(oldest)) this.#octets -= Number(octets);
    while (this.#octets > this.limits.octets) {
      const { seq, octets } = this.#prepared.oldestChunk.get() ?? {};
      if (typeof seq !== "number") return;
      this.#prepared.dropUpTo.run(seq);
      this.#octets -= Number(octets);
    }
  }

  /** The last events, oldest first. */
  last(): MaglevEvent[] {
    const events: MaglevEvent[] = [];
    for (let before = Number.MAX_SAFE_INTEGER; events.length < mostRestored;) {
      const rows = this.#prepared.below.all(before);
      const oldest = rows.at(-1)?.seq;
      if (typeof oldest !== "number") break;
      events.push(...rows.flatMap((row) => eventOf(row) ?? []));
      before = oldest;
    }
    return events.slice(0, mostRestored).reverse();
  }

  /** One page of what the query asks for, of events before number `before` only. */
  list(query: EventQuery, before: number): EventPage {
    const events: MaglevEvent[] = [];
    const isNewestFirst = query.order === "newest";
    let place = isNewestFirst ? Math.min(before, query.after ?? before) : query.after ?? 0;
    for (let looked = 0; looked < mostLookedAt;) {
      const rows = isNewestFirst
        ? this.#prepared.below.all(place)
        : this.#prepared.above.all(place, before);
      if (rows.length === 0) return { events, next: undefined };
      for (const row of rows) {
        const event = eventOf(row);
        if (event && isAskedFor(event, query)) {
          if (events.length === query.limit) return { events, next: place };
          events.push(event);
        }
        place = Number(row.seq);
        looked++;
      }
    }
    return { events, next: place };
  }
}

function prepared(database: DatabaseSync) {
  return {
    put: database.prepare("REPLACE INTO events VALUES (?, ?, ?)"),
    // The oldest are in front: no need to look through all of them.
    dropOlder: database.prepare(
      `DELETE FROM events WHERE at < ? AND seq IN
         (SELECT seq FROM events ORDER BY seq LIMIT ${chunk}) RETURNING ${octets} octets`,
    ),
    oldestChunk: database.prepare(
      `SELECT max(seq) seq, sum(${octets}) octets FROM
         (SELECT seq, body FROM events ORDER BY seq LIMIT ${chunk})`,
    ),
    dropUpTo: database.prepare("DELETE FROM events WHERE seq <= ?"),
    below: database.prepare(
      `SELECT * FROM events WHERE seq < ? ORDER BY seq DESC LIMIT ${chunk}`,
    ),
    above: database.prepare(
      `SELECT * FROM events WHERE seq > ? AND seq < ? ORDER BY seq LIMIT ${chunk}`,
    ),
    all: database.prepare(`SELECT sum(${octets}) octets FROM events`),
  };
}
