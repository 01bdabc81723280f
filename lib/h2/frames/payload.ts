import { ErrorCode, frameSizeError, protocolError, StreamError } from "../errors.ts";
import { readUint31, readUint32 } from "./reader.ts";
import { Flag, type Frame } from "./types.ts";

/** One parameter of a SETTINGS frame (RFC 9113 section 6.5.1). */
export interface Setting {
  readonly id: number;
  readonly value: number;
}

/** The application's octets of a DATA frame, without padding (RFC 9113 section 6.1). */
export function dataPayload(frame: Frame): Uint8Array {
  requireStream(frame, "DATA");
  return withoutPadding(frame, 0);
}

/** The field block fragment of a HEADERS frame (RFC 9113 section 6.2); priority is ignored. */
export function headersPayload(frame: Frame): Uint8Array {
  requireStream(frame, "HEADERS");
  return withoutPadding(frame, (frame.flags & Flag.PRIORITY) === 0 ? 0 : 5);
}

/** Checks a PRIORITY frame (RFC 9113 section 6.3), which is then ignored. */
export function checkPriority(frame: Frame): void {
  requireStream(frame, "PRIORITY");
  if (frame.payload.length !== 5) {
    throw new StreamError(
      frame.streamId,
      ErrorCode.FRAME_SIZE_ERROR,
      `PRIORITY of ${frame.payload.length} octets instead of 5`,
    );
  }
}

/** The error code of a RST_STREAM frame (RFC 9113 section 6.4). */
export function rstStreamPayload(frame: Frame): number {
  requireStream(frame, "RST_STREAM");
  requireLength(frame, "RST_STREAM", 4);
  return readUint32(frame.payload, 0);
}

/** The parameters of a SETTINGS frame in order (RFC 9113 section 6.5). */
export function settingsPayload(frame: Frame): Setting[] {
  requireConnection(frame, "SETTINGS");
  const { payload } = frame;
  if ((frame.flags & Flag.ACK) !== 0) requireLength(frame, "SETTINGS acknowledgement", 0);
  if (payload.length % 6 !== 0) {
    throw frameSizeError(`SETTINGS of ${payload.length} octets is not a multiple of 6`);
  }
  const settings: Setting[] = [];
  for (let at = 0; at < payload.length; at += 6) {
    settings.push({ id: readUint32(payload, at) >>> 16, value: readUint32(payload, at + 2) });
  }
  return settings;
}

/** The eight opaque octets of a PING frame (RFC 9113 section 6.7). */
export function pingPayload(frame: Frame): Uint8Array {
  requireConnection(frame, "PING");
  requireLength(frame, "PING", 8);
  return frame.payload;
}

/** The error code of a GOAWAY frame (RFC 9113 section 6.8). */
export function goawayPayload(frame: Frame): number {
  requireConnection(frame, "GOAWAY");
  if (frame.payload.length < 8) {
    throw frameSizeError(`GOAWAY of ${frame.payload.length} octets instead of at least 8`);
  }
  return readUint32(frame.payload, 4);
}

/** The increment of a WINDOW_UPDATE frame (RFC 9113 section 6.9); 0 is for the caller to refuse. */
export function windowUpdatePayload(frame: Frame): number {
  requireLength(frame, "WINDOW_UPDATE", 4);
  return readUint31(frame.payload, 0);
}

/** Cuts off padding and `prefix` octets after the pad length (RFC 9113 sections 6.1 and 6.2). */
function withoutPadding(frame: Frame, prefix: number): Uint8Array {
  const { payload } = frame;
  const padded = (frame.flags & Flag.PADDED) !== 0;
  const start = prefix + (padded ? 1 : 0);
  if (start > payload.length) {
    throw frameSizeError(
      `frame of ${payload.length} octets cannot hold the ${start} its flags announce`,
    );
  }
  const padding = padded ? payload[0] ?? 0 : 0;
  const end = payload.length - padding;
  if (end < start) {
    throw protocolError(
      `padding of ${padding} octets does not fit in a frame of ${payload.length}`,
    );
  }
  return payload.subarray(start, end);
}

function requireStream(frame: Frame, name: string): void {
  if (frame.streamId !== 0) return;
  throw protocolError(`${name} on stream 0`);
}

function requireConnection(frame: Frame, name: string): void {
  if (frame.streamId === 0) return;
  throw protocolError(`${name} on stream ${frame.streamId} instead of 0`);
}

function requireLength(frame: Frame, name: string, length: number): void {
  if (frame.payload.length === length) return;
  throw frameSizeError(`${name} of ${frame.payload.length} octets instead of ${length}`);
}
