import { calm, protocolError } from "./errors.ts";
import { Flag, type Frame, headersPayload } from "./frames/mod.ts";
import type { H2Limits } from "./limits.ts";
import { concatenated } from "./types.ts";

/** A whole field block. `block` is good until the next frame. */
export interface HeaderBlock {
  readonly streamId: number;
  readonly endStream: boolean;
  readonly block: Uint8Array;
}

interface Open {
  readonly streamId: number;
  readonly endStream: boolean;
  readonly pieces: Uint8Array[];
  length: number;
}

/**
 * Puts HEADERS and CONTINUATION together (RFC 9113 sections 4.3 and 6.10). What waits is bounded in
 * octets and frames: a CONTINUATION flood (CVE-2024-27316 and its kin) ends in ENHANCE_YOUR_CALM.
 */
export class HeaderBlockAssembler {
  #open: Open | undefined;

  constructor(private readonly limits: H2Limits) {}

  /** The stream whose block is incomplete; no other frame may come in between (section 6.10). */
  get pending(): number | undefined {
    return this.#open?.streamId;
  }

  /** Takes a HEADERS frame; the block, if that is all of it. */
  headers(frame: Frame): HeaderBlock | undefined {
    const block = headersPayload(frame);
    const { streamId } = frame;
    const endStream = (frame.flags & Flag.END_STREAM) !== 0;
    this.#checkLength(block.length);
    if ((frame.flags & Flag.END_HEADERS) !== 0) return { streamId, endStream, block };
    this.#open = { streamId, endStream, pieces: [block.slice()], length: block.length };
    return undefined;
  }

  /** Takes a CONTINUATION frame; the block, if that is the end of it. */
  continuation(frame: Frame): HeaderBlock | undefined {
    const open = this.#open;
    if (open === undefined || open.streamId !== frame.streamId) {
      throw protocolError(
        `CONTINUATION on stream ${frame.streamId} without a header block to continue`,
      );
    }
    open.length += frame.payload.length;
    this.#checkLength(open.length);
    if (open.pieces.length > this.limits.maxContinuations) {
      throw calm(`header block of more than ${this.limits.maxContinuations} CONTINUATION frames`);
    }
    open.pieces.push(frame.payload.slice());
    if ((frame.flags & Flag.END_HEADERS) === 0) return undefined;
    this.#open = undefined;
    const { streamId, endStream } = open;
    return { streamId, endStream, block: concatenated(open.pieces) };
  }

  #checkLength(length: number): void {
    if (length <= this.limits.headerBlockBytes) return;
    throw calm(`header block of more than ${this.limits.headerBlockBytes} octets`);
  }
}
