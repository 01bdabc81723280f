import { type ByteConn, closeConn } from "../h2/mod.ts";
import type { TurnQuota } from "../time/mod.ts";

/**
 * Octets written in one piece of work. What the kernel has room for is taken without leaving the
 * microtasks: a client that reads a long answer fast would have the loop for itself.
 */
const writtenAtOnce = 65_536;

/**
 * A connection of a client. What it says is acted on when it is its turn: a read is one piece of
 * work, together with all that follows from it at once, and so is writing much. It is closed once,
 * however many ask for it: to close what is closed costs the runtime an error with its stack.
 */
export class PacedConn implements ByteConn {
  #isClosed = false;
  /** Octets written since it was last its turn. */
  #written = 0;
  /** Those who wait for a turn: a reader and a writer at most. */
  readonly #waiting = new Set<{ leave: () => void }>();

  /** Owns `conn` from now on. */
  constructor(private readonly conn: ByteConn, private readonly quota: TurnQuota) {}

  read(into: Uint8Array): Promise<number | null> {
    return this.conn.read(into).then((count) => count === null ? null : this.#inTurn(count));
  }

  write(octets: Uint8Array): Promise<number> {
    return this.conn.write(octets.subarray(0, writtenAtOnce)).then((count) => {
      this.#written += count;
      if (this.#written < writtenAtOnce) return count;
      this.#written = 0;
      return this.#inTurn(count);
    });
  }

  async closeWrite(): Promise<void> {
    await this.conn.closeWrite?.();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeConn(this.conn);
    for (const { leave } of this.#waiting) leave();
  }

  /** `value`, when it is this one's turn; at once when it is closed. */
  #inTurn<T>(value: T): T | Promise<T> {
    if (this.#isClosed) return value;
    return new Promise((resolve) => {
      const place = { leave: () => {} };
      this.#waiting.add(place);
      place.leave = this.quota.join(() => {
        this.#waiting.delete(place);
        resolve(value);
      });
    });
  }
}
