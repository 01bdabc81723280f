import type { OctetRoom } from "../h2/mod.ts";
import type { Budget } from "../port/mod.ts";
import { exhausted } from "./errors.ts";

/** What requests under way have sent so far: half-sent ones must not hold more than there is. */
export class Intake {
  /** What each connection has; who has nothing costs nothing. */
  readonly #used = new WeakMap<object, number>();

  /** `budget` is in octets, and `most` for one connection. */
  constructor(private readonly budget: Budget, private readonly most: number) {}

  /** What is held below, in the HTTP/2 connections, counts as well. */
  get room(): OctetRoom {
    return this.budget;
  }

  /** Counts for one request of a connection. */
  open(connection: object): IntakeMeter {
    return new IntakeMeter(this, connection);
  }

  /** Takes octets for a connection; false, and nothing is taken, if there are not so many left. */
  take(connection: object, octets: number): boolean {
    const used = this.#usedBy(connection) + octets;
    if (used > this.most) {
      this.budget.refuse();
      return false;
    }
    if (!this.budget.take(octets)) return false;
    this.#used.set(connection, used);
    return true;
  }

  /** Gives back what was taken for a connection. */
  give(connection: object, octets: number): void {
    this.budget.give(octets);
    this.#used.set(connection, this.#usedBy(connection) - octets);
  }

  #usedBy(connection: object): number {
    return this.#used.get(connection) ?? 0;
  }
}

/** What one request holds. */
export class IntakeMeter {
  #held = 0;
  #closed = false;

  constructor(private readonly intake: Intake, private readonly connection: object) {}

  /** Counts `octets` more. Throws ResourceExhausted. */
  grow(octets: number): void {
    if (this.#closed) return;
    if (!this.intake.take(this.connection, octets)) {
      throw exhausted("too many bytes of unfinished requests: finish those, or ask again later");
    }
    this.#held += octets;
  }

  /** Counts nothing any more, whatever its reader still does. Calling it again is harmless. */
  close(): void {
    this.#closed = true;
    this.intake.give(this.connection, this.#held);
    this.#held = 0;
  }
}
