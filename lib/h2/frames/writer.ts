import type { OutputBuffer } from "./output.ts";
import type { Setting } from "./payload.ts";
import { Flag, frameHeaderLength, FrameType } from "./types.ts";

/** Writes a frame header (RFC 9113 section 4.1) for a payload of `length` octets. */
function writeFrameHeader(
  out: OutputBuffer,
  length: number,
  type: number,
  flags: number,
  streamId: number,
): void {
  const { bytes, at } = out.reserve(frameHeaderLength);
  bytes[at] = length >>> 16;
  bytes[at + 1] = length >>> 8;
  bytes[at + 2] = length;
  bytes[at + 3] = type;
  bytes[at + 4] = flags;
  putUint32(bytes, at + 5, streamId);
}

/** Writes a DATA frame (RFC 9113 section 6.1). */
export function writeData(
  out: OutputBuffer,
  streamId: number,
  data: Uint8Array,
  endStream: boolean,
): void {
  const flags = endStream ? Flag.END_STREAM : 0;
  writeFrameHeader(out, data.length, FrameType.DATA, flags, streamId);
  out.append(data);
}

/**
 * Writes a field block as HEADERS and as many CONTINUATION frames as `maxFrameSize` asks for (RFC
 * 9113 sections 4.3, 6.2 and 6.10).
 */
export function writeHeaders(
  out: OutputBuffer,
  streamId: number,
  block: Uint8Array,
  endStream: boolean,
  maxFrameSize: number,
): void {
  let flags: number = endStream ? Flag.END_STREAM : 0;
  let type: number = FrameType.HEADERS;
  for (let at = 0; at === 0 || at < block.length; at += maxFrameSize) {
    const piece = block.subarray(at, at + maxFrameSize);
    if (at + maxFrameSize >= block.length) flags |= Flag.END_HEADERS;
    writeFrameHeader(out, piece.length, type, flags, streamId);
    out.append(piece);
    type = FrameType.CONTINUATION;
    flags = 0;
  }
}

/** Writes RST_STREAM (RFC 9113 section 6.4). */
export function writeRstStream(out: OutputBuffer, streamId: number, code: number): void {
  writeFrameHeader(out, 4, FrameType.RST_STREAM, 0, streamId);
  writeUint32(out, code);
}

/** Writes SETTINGS (RFC 9113 section 6.5). */
export function writeSettings(out: OutputBuffer, settings: readonly Setting[]): void {
  writeFrameHeader(out, settings.length * 6, FrameType.SETTINGS, 0, 0);
  for (const { id, value } of settings) {
    const { bytes, at } = out.reserve(6);
    bytes[at] = id >>> 8;
    bytes[at + 1] = id;
    putUint32(bytes, at + 2, value);
  }
}

/** Acknowledges the peer's SETTINGS (RFC 9113 section 6.5.3). */
export function writeSettingsAck(out: OutputBuffer): void {
  writeFrameHeader(out, 0, FrameType.SETTINGS, Flag.ACK, 0);
}

/** Writes PING or its acknowledgement with eight opaque octets (RFC 9113 section 6.7). */
export function writePing(out: OutputBuffer, opaque: Uint8Array, ack: boolean): void {
  writeFrameHeader(out, 8, FrameType.PING, ack ? Flag.ACK : 0, 0);
  out.append(opaque);
}

/** Writes GOAWAY with debug text (RFC 9113 section 6.8). */
export function writeGoaway(
  out: OutputBuffer,
  lastStreamId: number,
  code: number,
  debug: string,
): void {
  const text = new TextEncoder().encode(debug);
  writeFrameHeader(out, 8 + text.length, FrameType.GOAWAY, 0, 0);
  writeUint32(out, lastStreamId);
  writeUint32(out, code);
  out.append(text);
}

/** Writes WINDOW_UPDATE (RFC 9113 section 6.9); stream 0 is the connection. */
export function writeWindowUpdate(out: OutputBuffer, streamId: number, increment: number): void {
  writeFrameHeader(out, 4, FrameType.WINDOW_UPDATE, 0, streamId);
  writeUint32(out, increment);
}

function writeUint32(out: OutputBuffer, value: number): void {
  const { bytes, at } = out.reserve(4);
  putUint32(bytes, at, value);
}

function putUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
