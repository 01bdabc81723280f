import { within } from "../../support/deadline.ts";

/** A client that knows nothing of messages: it sends frames and takes frames. */

const headerBytes = 16;
/** Nothing here takes this long unless it is broken. */
const deadlineMs = 10_000;

/** One frame as it came. */
export interface Frame {
  readonly header: Uint8Array;
  readonly payload: Uint8Array;
}

export class RawClient implements Disposable {
  #pending = new Uint8Array(0);
  readonly #conn: Deno.Conn;

  private constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  static async connect(path: string): Promise<RawClient> {
    return new RawClient(await Deno.connect({ transport: "unix", path }));
  }

  async send(...frames: readonly Uint8Array[]): Promise<void> {
    for (const frame of frames) {
      for (let sent = 0; sent < frame.length;) {
        sent += await this.#conn.write(frame.subarray(sent));
      }
    }
  }

  /** The next frame, or undefined when VPP closes the connection first. */
  async receive(): Promise<Frame | undefined> {
    const header = await this.#take(headerBytes);
    if (!header) return undefined;
    const payload = await this.#take(new DataView(header.buffer, header.byteOffset).getUint32(8));
    return payload && { header, payload };
  }

  /** Bytes that have come so far and belong to no whole frame yet. */
  get leftOver(): number {
    return this.#pending.length;
  }

  [Symbol.dispose](): void {
    this.#conn.close();
  }

  /** Null when VPP has closed the connection, whether it had read everything or not. */
  async #read(chunk: Uint8Array): Promise<number | null> {
    try {
      return await this.#conn.read(chunk);
    } catch (error) {
      if (error instanceof Deno.errors.ConnectionReset) return null;
      throw error;
    }
  }

  async #take(length: number): Promise<Uint8Array | undefined> {
    while (this.#pending.length < length) {
      const chunk = new Uint8Array(64 * 1024);
      const read = await within(deadlineMs, "a message from VPP", this.#read(chunk));
      if (read === null) return undefined;
      const joined = new Uint8Array(this.#pending.length + read);
      joined.set(this.#pending);
      joined.set(chunk.subarray(0, read), this.#pending.length);
      this.#pending = joined;
    }
    const taken = this.#pending.slice(0, length);
    this.#pending = this.#pending.slice(length);
    return taken;
  }
}

/** The frame around a message as a client sends it. */
export function clientFrame(payload: Uint8Array, length = payload.length): Uint8Array {
  const frame = new Uint8Array(headerBytes + payload.length);
  new DataView(frame.buffer).setUint32(8, length);
  frame.set(payload, headerBytes);
  return frame;
}
