import type { ByteConn } from "../h2/mod.ts";
import { closeConn } from "../h2/mod.ts";
import type { TurnShare } from "../time/mod.ts";

/**
 * A connection of a client. What it says is acted on when it is its turn: a read is one piece of
 * work, together with all that follows from it at once. It is closed once, however many ask for it:
 * to close what is closed costs the runtime an error with its stack.
 */
export class PacedConn implements ByteConn {
  #isClosed = false;
  /** Gives up waiting for a turn. */
  #leave = () => {};

  /** Owns `conn` from now on. */
  constructor(private readonly conn: ByteConn, private readonly share: TurnShare) {}

  read(into: Uint8Array): Promise<number | null> {
    return this.conn.read(into).then((count) => {
      if (count === null || this.#isClosed) return count;
      return new Promise((resolve) => this.#leave = this.share.join(() => resolve(count)));
    });
  }

  write(octets: Uint8Array): Promise<number> {
    return this.conn.write(octets);
  }

  async closeWrite(): Promise<void> {
    await this.conn.closeWrite?.();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeConn(this.conn);
    this.#leave();
  }
}
