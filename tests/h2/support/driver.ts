import type { H2Handler, H2ServeOptions, H2Session } from "../../../lib/h2/mod.ts";
import { serveH2 } from "../../../lib/h2/mod.ts";
import { errorName } from "./error_name.ts";
import { FakeClock } from "../../../lib/time/mod.ts";
import { PipeConn } from "./pipe.ts";
import * as wire from "./wire.ts";

/** A session over a connection in memory and a clock that stands still. */
export class Driver {
  readonly conn = new PipeConn();
  readonly clock = new FakeClock();
  readonly session: H2Session;
  readonly #frames: wire.SeenFrame[] = [];
  #parsed = 0;

  constructor(handler: H2Handler, options: H2ServeOptions = {}) {
    this.session = serveH2(this.conn, handler, {
      clock: this.clock,
      peer: "192.0.2.1",
      ...options,
    });
    const preface = wire.preface.subarray(options.prefix?.length ?? 0);
    this.conn.feed(preface, wire.settings([4, 1_000_000]), wire.settingsAck);
  }

  feed(...pieces: Uint8Array[]): void {
    this.conn.feed(...pieces);
  }

  /** All frames written so far. */
  frames(): readonly wire.SeenFrame[] {
    // The server hands over whole frames, so each piece can be cut on its own.
    for (; this.#parsed < this.conn.written.length; this.#parsed++) {
      this.#frames.push(...wire.parse(this.conn.written[this.#parsed] ?? wire.octets()));
    }
    return this.#frames;
  }

  /** Waits for a frame of `type` on `streamId` and returns it. */
  async frame(type: number, streamId: number): Promise<wire.SeenFrame> {
    const find = () => this.frames().find((f) => f.type === type && f.streamId === streamId);
    await this.conn.until(() => find() !== undefined);
    const found = find();
    if (!found) throw new Error("unreachable: the frame was there");
    return found;
  }

  /** Waits for a stream's end and returns its body, or what reset it. */
  async answer(streamId: number): Promise<string> {
    const done = (f: wire.SeenFrame) => f.streamId === streamId && (endsStream(f) || f.type === 3);
    await this.conn.until(() => this.frames().some(done));
    const mine = this.frames().filter((f) => f.streamId === streamId);
    const reset = mine.find((f) => f.type === 3);
    if (reset) return errorName(new DataView(reset.payload.buffer).getUint32(0));
    const body = mine.filter((f) => f.type === wire.types.DATA).map((f) => f.payload);
    return new TextDecoder().decode(wire.join(...body));
  }

  /** Ends the session as a peer that closes does. */
  async hangUp(): Promise<void> {
    this.conn.feed(null);
    await this.session.closed;
  }
}

function endsStream({ type, flags }: wire.SeenFrame): boolean {
  return type <= wire.types.HEADERS && (flags & wire.END_STREAM) !== 0;
}
