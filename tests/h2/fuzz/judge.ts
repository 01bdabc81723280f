import { ErrorCode } from "../../../lib/h2/mod.ts";
import * as wire from "../support/wire.ts";

interface Said {
  headers: number;
  ended: boolean;
  reset: boolean;
}

/** Watches what a server sends and complains about what no server may (RFC 9113). */
export class Judge {
  readonly #streams = new Map<number, Said>();
  #gone = false;

  /** Looks at a piece of output, which has to be made of whole frames. */
  look(output: Uint8Array): void {
    for (const frame of wire.parse(output)) this.#frame(frame);
  }

  #frame({ type, flags, streamId, payload }: wire.SeenFrame): void {
    if (this.#gone) throw new Error(`frame of type ${type} after the last GOAWAY`);
    if (type <= wire.types.RST_STREAM || type === wire.types.CONTINUATION) {
      this.#onStream(type, flags, streamId, payload.length);
    }
    if (type === wire.types.GOAWAY) this.#goaway(payload);
  }

  #onStream(type: number, flags: number, streamId: number, length: number): void {
    if (streamId % 2 === 0) throw new Error(`frame of type ${type} on stream ${streamId}`);
    const said = this.#streams.get(streamId) ?? { headers: 0, ended: false, reset: false };
    this.#streams.set(streamId, said);
    if (said.reset) throw new Error(`frame of type ${type} after RST_STREAM on ${streamId}`);
    if (type === wire.types.RST_STREAM) {
      said.reset = true;
      return;
    }
    if (said.ended) throw new Error(`frame of type ${type} after END_STREAM on ${streamId}`);
    if (type === wire.types.HEADERS) said.headers++;
    if (said.headers === 0) throw new Error(`frame of type ${type} before HEADERS on ${streamId}`);
    if (length > 16_384) throw new Error(`frame of ${length} octets on ${streamId}`);
    if (type <= wire.types.HEADERS && (flags & wire.END_STREAM) !== 0) said.ended = true;
    else if (length === 0) throw new Error(`frame of type ${type} on ${streamId} says nothing`);
  }

  #goaway(payload: Uint8Array): void {
    const view = new DataView(payload.buffer);
    const code = view.getUint32(4);
    const debug = String.fromCharCode(...payload.subarray(8));
    if (code === ErrorCode.INTERNAL_ERROR) throw new Error(`the server has failed: ${debug}`);
    if (code !== ErrorCode.NO_ERROR) this.#gone = true;
  }
}
