/** Frame types (RFC 9113 section 6). */
export const FrameType = {
  DATA: 0x0,
  HEADERS: 0x1,
  PRIORITY: 0x2,
  RST_STREAM: 0x3,
  SETTINGS: 0x4,
  PUSH_PROMISE: 0x5,
  PING: 0x6,
  GOAWAY: 0x7,
  WINDOW_UPDATE: 0x8,
  CONTINUATION: 0x9,
} as const;

/** Frame flags (RFC 9113 section 6). ACK and END_STREAM share a bit, on different frames. */
export const Flag = {
  ACK: 0x1,
  END_STREAM: 0x1,
  END_HEADERS: 0x4,
  PADDED: 0x8,
  PRIORITY: 0x20,
} as const;

/** Octets of a frame header (RFC 9113 section 4.1). */
export const frameHeaderLength = 9;

/** The frame size every endpoint must accept, in octets (RFC 9113 section 4.2). */
export const defaultMaxFrameSize = 16_384;

/** The largest frame size that may be set, in octets (RFC 9113 section 6.5.2). */
export const largestMaxFrameSize = 16_777_215;

/** A frame as it came in. `payload` is a view, good until more input is fed to the reader. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Uint8Array;
}
