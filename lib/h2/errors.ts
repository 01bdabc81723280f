/** Error codes (RFC 9113 section 7). */
export const ErrorCode = {
  NO_ERROR: 0x0,
  PROTOCOL_ERROR: 0x1,
  INTERNAL_ERROR: 0x2,
  FLOW_CONTROL_ERROR: 0x3,
  SETTINGS_TIMEOUT: 0x4,
  STREAM_CLOSED: 0x5,
  FRAME_SIZE_ERROR: 0x6,
  REFUSED_STREAM: 0x7,
  CANCEL: 0x8,
  COMPRESSION_ERROR: 0x9,
  CONNECT_ERROR: 0xa,
  ENHANCE_YOUR_CALM: 0xb,
  INADEQUATE_SECURITY: 0xc,
  HTTP_1_1_REQUIRED: 0xd,
} as const;

/** An error code this server sends. Peers may send any 32-bit number. */
export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode];

/** Ends the connection with a GOAWAY that carries `code` (RFC 9113 section 5.4.1). */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  constructor(readonly code: ErrorCode, reason: string) {
    super(reason);
  }
}

/** The peer breaks a rule that has no code of its own. */
export function protocolError(reason: string): ConnectionError {
  return new ConnectionError(ErrorCode.PROTOCOL_ERROR, reason);
}

/** A frame has a length that it cannot have. */
export function frameSizeError(reason: string): ConnectionError {
  return new ConnectionError(ErrorCode.FRAME_SIZE_ERROR, reason);
}

/** The peer sends, or lets us send, more than a window has room for. */
export function flowControlError(reason: string): ConnectionError {
  return new ConnectionError(ErrorCode.FLOW_CONTROL_ERROR, reason);
}

/** The peer asks for more than a polite one does. */
export function calm(reason: string): ConnectionError {
  return new ConnectionError(ErrorCode.ENHANCE_YOUR_CALM, reason);
}

/** Ends one stream with a RST_STREAM that carries `code` (RFC 9113 section 5.4.2). */
export class StreamError extends Error {
  override readonly name = "StreamError";
  constructor(readonly streamId: number, readonly code: ErrorCode, reason: string) {
    super(reason);
  }
}

/** A request that is no well-formed one (RFC 9113 section 8.1.1). */
export function malformed(streamId: number, reason: string): StreamError {
  return new StreamError(streamId, ErrorCode.PROTOCOL_ERROR, `malformed request: ${reason}`);
}

/** Why a request's signal aborted or its body broke off. */
export class H2AbortError extends Error {
  /** Tells this error from others. */
  override readonly name = "H2AbortError";
  /** `code` is the HTTP/2 error code, the peer's or ours. */
  constructor(readonly code: number, reason: string) {
    super(reason);
  }
}
