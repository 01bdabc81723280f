import { Duplex } from "node:stream";
import type { Connection, Engine } from "../net/mod.ts";

/**
 * An engine's connection as a stream, for node:tls. The connection keeps its owner, who closes it;
 * the stream only reads and writes.
 */
export class ConnectionStream extends Duplex {
  readonly #engine: Engine;
  readonly #connection: Connection;
  /** Whether the reader has room for more. */
  #wanted = false;

  /** Takes a connection that is established and watched. */
  constructor(engine: Engine, connection: Connection) {
    super({ decodeStrings: true });
    this.#engine = engine;
    this.#connection = connection;
  }

  /** The engine's word that there is something to read. */
  pull(): void {
    if (this.#wanted) this._read();
  }

  override _read(): void {
    const { bytes } = this.#engine.inbox;
    const connection = this.#connection;
    this.#wanted = true;
    while (this.#wanted && !connection.closed && !this.destroyed) {
      const received = connection.receive();
      if (received > 0) {
        this.#wanted = this.push(bytes.slice(0, received));
      } else {
        if (received === 0) this.push(null);
        else if (connection.failure) this.destroy(new Error(connection.failure.reason));
        return;
      }
    }
  }

  /** A handshake's flight or a request fits into a fresh socket's buffer, so nothing is kept. */
  override _write(
    chunk: Uint8Array<ArrayBuffer>,
    _encoding: string,
    done: (error?: Error) => void,
  ): void {
    if (this.#connection.closed) return done(new Error("connection closed"));
    const sent = this.#connection.send(chunk, BigInt(chunk.length));
    if (sent === chunk.length) done();
    else done(new Error(this.#connection.failure?.reason ?? "the peer takes no data"));
  }
}
