import type { ByteConn } from "../h2/mod.ts";
import { Http1Framing } from "./http1_framing.ts";

/** How long an HTTP/1.1 client may take, in milliseconds. */
export interface SpliceLimits {
  /** Longest pause within a request. */
  readonly requestMs: number;
  /** Longest pause between a response and the next request. */
  readonly idleMs: number;
  /** Longest time in which the client takes nothing of what is sent. */
  readonly stalledWriteMs: number;
  /** Longest time that one side goes on alone after the other has ended. */
  readonly lingerMs: number;
}

/** Limits like those of the HTTP/2 side. */
export const defaultSpliceLimits: SpliceLimits = {
  requestMs: 30_000,
  idleMs: 300_000,
  stalledWriteMs: 30_000,
  lingerMs: 2_000,
};

/** Bytes under way in each direction at most, besides what the kernel holds. */
const bufferBytes = 16_384;

/**
 * Carries bytes between a client and the internal HTTP/1.1 server until both are done. One piece
 * is under way per direction, so that a slow reader slows its writer.
 *
 * A client that ends its side first is answered before the server learns of it: the server takes
 * the end for an abort. If no answer comes, as in an event stream, it is one, after `lingerMs`.
 */
export class Splice {
  /** Resolves, and never rejects, when both connections are closed. */
  readonly closed: Promise<void>;
  readonly #requests = new Http1Framing("request");
  readonly #responses = new Http1Framing("response", this.#requests);
  /** When the client last said something, and when anything last passed. */
  #heard: number;
  #active: number;
  /** Since when each of these lasts. */
  #writing: number | undefined;
  #clientEnded: number | undefined;
  #serverEnded: number | undefined;
  #serverTold = false;
  #draining = false;
  #over = false;

  /** `head` is what was read of the client already; `now` the clock's milliseconds. */
  constructor(
    private readonly client: ByteConn,
    private readonly server: ByteConn,
    head: Uint8Array,
    private readonly limits: SpliceLimits,
    private readonly now: () => number,
  ) {
    this.#heard = this.#active = now();
    this.closed = this.#run(head);
  }

  /** Whether a request has been passed on whole and its response has not come back whole. */
  get answering(): boolean {
    return this.#requests.complete > this.#responses.complete;
  }

  /** Whether the client has said all it will say. */
  get clientHasEnded(): boolean {
    return this.#clientEnded !== undefined;
  }

  /** Ends both connections. */
  close(): void {
    if (this.#over) return;
    this.#over = true;
    closeQuietly(this.client);
    closeQuietly(this.server);
  }

  /** Ends both connections once the request being answered, if any, is answered. */
  drain(): void {
    this.#draining = true;
    if (!this.answering) this.close();
  }

  /** To be called now and then: closes when the limits are passed. */
  check(): void {
    if (this.#overdue(this.now())) this.close();
    else if (this.#since(this.#clientEnded, this.now()) > this.limits.lingerMs) this.#tellServer();
  }

  #overdue(now: number): boolean {
    if (this.#since(this.#serverEnded, now) > this.limits.lingerMs) return true;
    if (this.#since(this.#writing, now) > this.limits.stalledWriteMs) return true;
    if (this.#clientEnded !== undefined) return false;
    if (this.#requests.partial) return now - this.#heard > this.limits.requestMs;
    return !this.answering && now - this.#active > this.limits.idleMs;
  }

  #since(start: number | undefined, now: number): number {
    return start === undefined ? -1 : now - start;
  }

  async #run(head: Uint8Array): Promise<void> {
    await Promise.all([this.#fromClient(head), this.#fromServer()]);
    this.close();
  }

  async #fromClient(head: Uint8Array): Promise<void> {
    const buffer = new Uint8Array(bufferBytes);
    try {
      let server = await this.#passRequest(head, true);
      for (;;) {
        const count = await this.client.read(buffer);
        if (count === null) break;
        this.#heard = this.#active = this.now();
        server = await this.#passRequest(buffer.subarray(0, count), server);
      }
      this.#clientEnded = this.now();
      if (!this.answering) this.#tellServer();
    } catch {
      this.close();
    }
  }

  /**
   * Passes bytes on while the server listens. What comes after is read and dropped: closing with
   * unread bytes would reset the connection, and the client would lose the server's last words.
   */
  async #passRequest(bytes: Uint8Array, listening: boolean): Promise<boolean> {
    this.#requests.pass(bytes);
    if (!listening) return false;
    return await writeAll(this.server, bytes).then(() => true, () => false);
  }

  async #fromServer(): Promise<void> {
    const buffer = new Uint8Array(bufferBytes);
    try {
      for (;;) {
        const count = await this.server.read(buffer);
        if (count === null) break;
        await this.#passResponse(buffer.subarray(0, count));
      }
      this.#serverEnded = this.now();
      await this.client.closeWrite?.();
      if (this.#clientEnded !== undefined) this.close();
    } catch {
      this.close();
    }
  }

  async #passResponse(bytes: Uint8Array): Promise<void> {
    this.#writing = this.now();
    await writeAll(this.client, bytes);
    this.#writing = undefined;
    this.#active = this.now();
    this.#responses.pass(bytes);
    if ((this.#clientEnded !== undefined || this.#draining) && !this.answering) this.#tellServer();
  }

  #tellServer(): void {
    if (this.#serverTold) return;
    this.#serverTold = true;
    this.server.closeWrite?.().catch(() => {});
  }
}

async function writeAll(conn: ByteConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

function closeQuietly(conn: ByteConn): void {
  try {
    conn.close();
  } catch {
    // The other direction was faster.
  }
}
