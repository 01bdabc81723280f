import { Duplex } from "node:stream";
import { type ByteConn, closeConn } from "../h2/mod.ts";
import { asError } from "../log/mod.ts";

/** Octets read at once: as many as one piece of a client's work is elsewhere. */
const readBytes = 8192;

/**
 * A connection as a stream of Node's. It is read only when `mayRead` says so, whatever the stream's
 * reader has room for: TLS takes all that it can get, and would keep what nobody asks for.
 */
export class ConnDuplex extends Duplex {
  #resume: (() => void) | undefined;

  /** Owns `conn` from now on. */
  constructor(private readonly conn: ByteConn, private readonly mayRead: () => boolean) {
    super();
  }

  /** Asks `mayRead` again. */
  look(): void {
    if (!this.#resume || !this.mayRead()) return;
    const resume = this.#resume;
    this.#resume = undefined;
    resume();
  }

  override _read(): void {
    this.#fill().catch((error) => this.destroy(asError(error)));
  }

  async #fill(): Promise<void> {
    if (!this.mayRead()) await new Promise<void>((resolve) => this.#resume = resolve);
    const buffer = new Uint8Array(readBytes);
    const count = await this.conn.read(buffer);
    if (!this.destroyed) this.push(count === null ? null : buffer.subarray(0, count));
  }

  override _write(octets: Uint8Array, _encoding: string, done: (error?: Error) => void): void {
    writeAll(this.conn, octets).then(() => done(), (error) => done(asError(error)));
  }

  override _final(done: (error?: Error) => void): void {
    Promise.resolve(this.conn.closeWrite?.()).then(() => done(), (error) => done(asError(error)));
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    closeConn(this.conn);
    done(error);
  }
}

async function writeAll(conn: ByteConn, octets: Uint8Array): Promise<void> {
  for (let rest = octets; rest.length > 0;) rest = rest.subarray(await conn.write(rest));
}
