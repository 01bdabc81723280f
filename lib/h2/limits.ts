import { defaultMaxFrameSize, largestMaxFrameSize } from "./frames/mod.ts";
import { defaultWindow, largestWindow } from "./flow.ts";

/**
 * What one connection may cost. With the defaults a connection holds at most about 2.5 MiB plus
 * one body chunk per open stream, whatever its peer does:
 *
 * | what | octets | bounded by |
 * |---|---|---|
 * | unread request bodies | 2 × 256 KiB | `connectionWindow` |
 * | request header sections | 1 MiB | `connectionHeaderBytes` |
 * | header block being received | 64 KiB | `headerBlockBytes` |
 * | HPACK tables, both directions | 2 × 4 KiB | `headerTableSize`, `encoderTableSize` |
 * | partial frame and read buffer | 16 KiB + 8 KiB | `maxFrameSize`, `readBufferBytes` |
 * | output | 2 × (64 + 64) KiB | `outputBytes`, `controlBytes` |
 * | streams | 1,000 × about 0.5 KiB | `maxConcurrentStreams` |
 *
 * How many connections there may be is for whoever accepts them to say; bodies and header sections
 * of all of them together are bounded by an {@link OctetRoom}, where one is given.
 */
export interface H2Limits {
  /**
   * Streams a peer may have open (SETTINGS_MAX_CONCURRENT_STREAMS); more are refused with
   * REFUSED_STREAM. Handlers still running for streams that were reset may be as many again.
   * 1,000 leaves room for 500 watchers on one connection.
   */
  readonly maxConcurrentStreams: number;
  /**
   * Octets of one request's header section, 32 added per field (SETTINGS_MAX_HEADER_LIST_SIZE);
   * more is answered with 431. 16 KiB is twice what gRPC libraries send at most by default.
   */
  readonly maxHeaderListSize: number;
  /** Octets of header sections of all open streams together; a stream beyond it is refused. */
  readonly connectionHeaderBytes: number;
  /**
   * Octets of one encoded header block. More ends the connection, for what is not decoded cannot be
   * skipped either; between `maxHeaderListSize` and this a peer still gets its 431.
   */
  readonly headerBlockBytes: number;
  /** CONTINUATION frames per header block: a block this long fits in four of full size. */
  readonly maxContinuations: number;
  /** Milliseconds from the first to the last frame of a header block. */
  readonly headerBlockMs: number;
  /**
   * Milliseconds from a request's header section to the end of its body, for as long as its handler
   * has not begun to answer: half a request must not hold a handler, and its place among the
   * requests of all, for as long as its client likes. A handler that answers while it reads, as
   * streams in both directions have it, has no such limit.
   */
  readonly bodyMs: number;
  /** Octets of the table for decoding (SETTINGS_HEADER_TABLE_SIZE). 4,096 is the RFC's. */
  readonly headerTableSize: number;
  /** Octets of the table for encoding, even if the peer allows more. */
  readonly encoderTableSize: number;
  /**
   * Octets of a frame's payload accepted (SETTINGS_MAX_FRAME_SIZE), 16,384 to 16,777,215. Larger
   * frames save nothing here and hold other streams up.
   */
  readonly maxFrameSize: number;
  /** Octets of a stream's body that may wait unread (SETTINGS_INITIAL_WINDOW_SIZE). */
  readonly streamWindow: number;
  /**
   * Octets of all bodies that may wait unread, 65,535 at least: as many as `streamWindow` of four
   * slow streams block a fifth.
   */
  readonly connectionWindow: number;
  /** Octets waiting for the socket above which no more HEADERS and DATA are queued. */
  readonly outputBytes: number;
  /**
   * Octets of control frames (acknowledgements, resets) queued on top of `outputBytes` before the
   * peer, who asks and does not listen, is cut off.
   */
  readonly controlBytes: number;
  /**
   * Octets read at once at most; quiet connections hold 4 KiB. The most hostile 8 KiB found take
   * 4 ms, 160 streams that have to be reset, and the event loop has others to serve.
   */
  readonly readBufferBytes: number;
  /** Milliseconds in which preface, SETTINGS and the acknowledgement of ours have to arrive. */
  readonly handshakeMs: number;
  /** Milliseconds without a stream after which the connection is closed. */
  readonly idleMs: number;
  /** Milliseconds of silence, with streams open, after which the peer is pinged. */
  readonly keepaliveMs: number;
  /** Milliseconds in which a pinged peer has to say anything at all, or it is taken for frozen. */
  readonly keepaliveTimeoutMs: number;
  /** Milliseconds in which the socket has to take some of what waits for it. */
  readonly stalledWriteMs: number;
  /** Milliseconds a response may wait for the peer to open its window. */
  readonly stalledWindowMs: number;
  /** Milliseconds between the first GOAWAY of a shutdown and the last, if the peer is slow to ack. */
  readonly goawayMs: number;
  /** Milliseconds that handlers get to end their streams after the drain limit. */
  readonly abortGraceMs: number;
  /** Milliseconds a closed connection is still read and written so that GOAWAY can arrive. */
  readonly lingerMs: number;
}

/** Limits for a daemon whose clients are a handful of gRPC peers and whose neighbours are not. */
export const defaultLimits: H2Limits = {
  maxConcurrentStreams: 1_000,
  maxHeaderListSize: 16 * 1024,
  connectionHeaderBytes: 1024 * 1024,
  headerBlockBytes: 64 * 1024,
  maxContinuations: 32,
  headerBlockMs: 10_000,
  bodyMs: 30_000,
  headerTableSize: 4096,
  encoderTableSize: 4096,
  maxFrameSize: defaultMaxFrameSize,
  streamWindow: 64 * 1024,
  connectionWindow: 256 * 1024,
  outputBytes: 64 * 1024,
  controlBytes: 64 * 1024,
  readBufferBytes: 8 * 1024,
  handshakeMs: 10_000,
  idleMs: 300_000,
  keepaliveMs: 30_000,
  keepaliveTimeoutMs: 10_000,
  stalledWriteMs: 30_000,
  stalledWindowMs: 60_000,
  goawayMs: 1_000,
  abortGraceMs: 1_000,
  lingerMs: 1_000,
};

const ranges: Partial<Record<keyof H2Limits, readonly [least: number, most: number]>> = {
  maxFrameSize: [defaultMaxFrameSize, largestMaxFrameSize],
  streamWindow: [0, largestWindow],
  connectionWindow: [defaultWindow, largestWindow],
};

/** Fills in the defaults. Throws a RangeError for values that the RFC or sense rules out. */
export function resolveLimits(given: Partial<H2Limits> = {}): H2Limits {
  const limits = { ...defaultLimits, ...given };
  for (const key of Object.keys(defaultLimits) as (keyof H2Limits)[]) {
    const [least, most] = ranges[key] ?? [0, Number.MAX_SAFE_INTEGER];
    const value = limits[key];
    if (value >= least && value <= most) continue;
    throw new RangeError(`HTTP/2 limit ${key} is ${value}: must be between ${least} and ${most}`);
  }
  return limits;
}
