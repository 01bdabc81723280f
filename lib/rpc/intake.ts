import type { OctetRoom } from "../h2/mod.ts";
import { type Budget, Shares } from "./budget.ts";
import { exhausted } from "./errors.ts";

/** What requests under way have sent so far: half-sent ones must not hold more than there is. */
export class Intake {
  readonly #shares: Shares;
  /** What is held below, in the HTTP/2 connections, counts as well. */
  readonly room: OctetRoom;

  /** `budget` is in octets, and `most` for one connection. */
  constructor(budget: Budget, most: number) {
    this.room = budget;
    this.#shares = new Shares(budget, most);
  }

  /** Counts for one request of a connection. */
  open(connection: object): IntakeMeter {
    return new IntakeMeter(this.#shares, connection);
  }
}

/** What one request holds. */
export class IntakeMeter {
  #held = 0;
  #closed = false;

  constructor(private readonly shares: Shares, private readonly connection: object) {}

  /** Counts `octets` more. Throws ResourceExhausted. */
  grow(octets: number): void {
    if (this.#closed) return;
    if (!this.shares.take(this.connection, octets)) {
      throw exhausted("too many bytes of unfinished requests: finish those, or ask again later");
    }
    this.#held += octets;
  }

  /** Counts nothing any more, whatever its reader still does. Calling it again is harmless. */
  close(): void {
    this.#closed = true;
    this.shares.give(this.connection, this.#held);
    this.#held = 0;
  }
}
