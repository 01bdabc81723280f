import { Duplex } from "node:stream";
import type { Connection, Engine } from "../net/mod.ts";

/**
 * Bytes of a handshake, of which chains of certificates are the most: a chain of three takes 5 KiB,
 * those with dozens of names and signed timestamps 20 KiB.
 */
export const handshakeRoom = 262_144;
/** Bytes after the handshake: what an HTTP response may have, twice, for the records around it. */
export const sessionRoom = 1_048_576;

/**
 * An engine's connection as a stream, for node:tls. The connection keeps its owner, who closes it;
 * the stream only reads and writes. Takes in no more than there is room for: what node:tls has to
 * work through is its memory and its time.
 */
export class ConnectionStream extends Duplex {
  readonly #engine: Engine;
  readonly #connection: Connection;
  /** Whether the reader has room for more. */
  #wanted = false;
  #stopped = false;
  #room = handshakeRoom;
  #isSecure = false;
  #brokenBy: string | undefined;

  /** Takes a connection that is established and watched. */
  constructor(engine: Engine, connection: Connection) {
    super({ decodeStrings: true });
    this.#engine = engine;
    this.#connection = connection;
  }

  /**
   * Why the connection broke. The stream then ends as if it had been closed, so that what came
   * before, which may be the reason, is read first.
   */
  get brokenBy(): string | undefined {
    return this.#brokenBy;
  }

  /** The handshake is done: what comes now is the session's. */
  secured(): void {
    this.#isSecure = true;
    this.#room = sessionRoom;
  }

  /** Nothing more is wanted, though the connection stays open. */
  stopReading(): void {
    this.#stopped = true;
  }

  /** Called by the engine when there is something to read. */
  pull(): void {
    if (this.#wanted) this._read();
  }

  override _read(): void {
    this.#wanted = true;
    while (this.#wanted && !this.#stopped && !this.#connection.closed && !this.destroyed) {
      const received = this.#connection.receive();
      if (received > 0) this.#take(received);
      else if (received === 0) return void this.#finish();
      else if (this.#connection.failure) return this.#finish(this.#connection.failure.reason);
      else return;
    }
  }

  #take(received: number): void {
    this.#room -= received;
    if (this.#room < 0) this.#finish(this.#excess());
    else this.#wanted = this.push(this.#engine.inbox.bytes.slice(0, received));
  }

  #finish(brokenBy?: string): void {
    this.#stopped = true;
    this.#brokenBy = brokenBy;
    this.push(null);
  }

  #excess(): string {
    return this.#isSecure
      ? `response over ${sessionRoom} bytes of TLS`
      : `TLS handshake over ${handshakeRoom} bytes`;
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
