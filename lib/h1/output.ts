import type { ByteConn } from "../h2/mod.ts";
import type { Alarm } from "../time/mod.ts";
import { ConnectionOver } from "./errors.ts";
import { type H1Limits, pieceBytes } from "./limits.ts";

/** What is sent to a client: in pieces, each of which has to be taken in its time. */
export class Output {
  #writing = false;
  #oneWay = false;

  constructor(
    private readonly conn: ByteConn,
    private readonly limits: H1Limits,
    private readonly alarm: Alarm,
  ) {}

  /** Writes all of it. Rejects with {@link ConnectionOver} when the connection breaks. */
  async write(octets: Uint8Array): Promise<void> {
    this.#writing = true;
    for (let rest = octets; rest.length > 0; rest = rest.subarray(pieceBytes)) {
      this.alarm.set(this.limits.pieceMs);
      await this.#writePiece(rest.subarray(0, pieceBytes));
    }
    this.#writing = false;
    if (this.#oneWay) this.alarm.set(this.limits.lingerMs);
    else this.alarm.set(Infinity);
  }

  /**
   * The client has ended its side: it may wait for its answer, or it has left. Only what is sent
   * tells, so something has to be sent now and then.
   */
  goOneWay(): void {
    this.#oneWay = true;
    if (!this.#writing) this.alarm.set(this.limits.lingerMs);
  }

  /** Ends our side, and leaves the client a moment to hear of it. */
  async end(): Promise<void> {
    this.goOneWay();
    try {
      await this.conn.closeWrite?.();
    } catch (cause) {
      throw new ConnectionOver("the connection broke before its end", { cause });
    }
  }

  async #writePiece(piece: Uint8Array): Promise<void> {
    for (let at = 0; at < piece.length;) {
      const count = await this.#writeSome(piece.subarray(at));
      if (count <= 0) throw new ConnectionOver("the connection takes nothing");
      at += count;
    }
  }

  async #writeSome(octets: Uint8Array): Promise<number> {
    try {
      return await this.conn.write(octets);
    } catch (cause) {
      throw new ConnectionOver("the connection broke while writing", { cause });
    }
  }
}
