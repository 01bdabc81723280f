import type { Core } from "./core.ts";
import { ConnectionError, ErrorCode, malformed, protocolError, StreamError } from "./errors.ts";
import { defaultWindow } from "./flow.ts";
import type { HeaderBlock } from "./header_block.ts";
import { defaultTableSize, type FieldSection, HpackDecoder, HpackError } from "./hpack/mod.ts";
import { checkTrailers, readRequest } from "./request.ts";
import { nextState, Stream } from "./streams/mod.ts";
import type { H2Field } from "./types.ts";

/** Acts on field blocks: requests and trailers (RFC 9113 sections 4.3, 8.1 and 8.3.1). */
export class FieldSections {
  readonly decoder: HpackDecoder;
  /** The window that new streams begin with; ours counts once it is acknowledged. */
  streamWindow = defaultWindow;

  constructor(private readonly core: Core) {
    // Until our SETTINGS are acknowledged the peer may go by the default as well.
    const limit = Math.max(defaultTableSize, core.limits.headerTableSize);
    this.decoder = new HpackDecoder(defaultTableSize, limit);
  }

  /** Client streams have odd numbers (section 5.1.1). */
  checkId(id: number): void {
    if (id % 2 === 1) return;
    throw protocolError(`HEADERS on stream ${id}`);
  }

  /** Acts on a whole field block. It is decoded in any case: later ones build on it. */
  receive({ streamId, endStream, block }: HeaderBlock): void {
    const core = this.core;
    const section = this.#decode(block);
    const stream = core.streams.get(streamId);
    if (stream) return this.#trailers(stream, section, endStream);
    const next = nextState(streamId, core.streams.state(streamId), "recv HEADERS");
    if (next === undefined) return core.count("lateFrame");
    this.#open(streamId, section, endStream);
  }

  /** Notes that a request is complete; its body has to be as long as announced (section 8.1.1). */
  endOfRequest(stream: Stream, trailers: readonly H2Field[]): void {
    const { expected, received } = stream.body;
    if (expected !== undefined && received !== expected) {
      throw malformed(stream.id, `body of ${received} octets, content-length is ${expected}`);
    }
    stream.on("recv END_STREAM");
    if (!stream.discarding) this.core.events.push({ type: "end", id: stream.id, trailers });
  }

  #decode(block: Uint8Array): FieldSection {
    try {
      return this.decoder.decode(block, this.core.limits.maxHeaderListSize);
    } catch (error) {
      if (!(error instanceof HpackError)) throw error;
      throw new ConnectionError(ErrorCode.COMPRESSION_ERROR, error.message);
    }
  }

  #open(id: number, section: FieldSection, endStream: boolean): void {
    const core = this.core;
    core.streams.reach(id);
    if (id > core.lastServed) {
      // Sent before our GOAWAY arrived; the client will try elsewhere (section 6.8).
      core.streams.close(id, "closed (reset by us)");
      return;
    }
    const size = Math.min(section.size, core.limits.maxHeaderListSize);
    if (!this.#fits(size)) throw tooMany(id);
    const tooLarge = section.size > core.limits.maxHeaderListSize;
    const head = tooLarge ? undefined : readRequest(id, section.fields);
    const stream = new Stream(id, core.sender.peer.initialWindowSize, this.streamWindow);
    stream.on("recv HEADERS");
    stream.body.expected = head?.contentLength;
    if (head && !core.handlers.start(id, size)) throw tooMany(id);
    this.#admit(stream);
    if (!head) return this.#headersTooLarge(stream, endStream);
    core.events.push({ type: "request", id, head });
    if (endStream) return this.endOfRequest(stream, []);
    const { deadlines, limits, now } = core;
    if (!deadlines.isSet("body")) deadlines.set("body", now + limits.bodyMs);
  }

  #admit(stream: Stream): void {
    const { streams, deadlines, limits, now } = this.core;
    stream.openedAt = now;
    streams.add(stream);
    deadlines.clear("idle");
    if (!deadlines.isSet("keepalive")) deadlines.set("keepalive", now + limits.keepaliveMs);
  }

  /** Whether it is no more than we have announced, or can hold (section 5.1.2). */
  #fits(headerBytes: number): boolean {
    const { streams, limits, handlers } = this.core;
    const most = limits.maxConcurrentStreams;
    return streams.size < most && handlers.count < most * 2 &&
      handlers.headerBytes + headerBytes <= limits.connectionHeaderBytes;
  }

  /** 431 (RFC 6585 section 5, RFC 9113 section 10.5.1). */
  #headersTooLarge(stream: Stream, endStream: boolean): void {
    const { sender, now } = this.core;
    stream.discarding = true;
    if (endStream) stream.on("recv END_STREAM");
    this.core.count("reset");
    sender.offer(stream, { kind: "headers", fields: [[":status", "431"]], end: true }, now);
  }

  #trailers(stream: Stream, section: FieldSection, endStream: boolean): void {
    stream.on("recv HEADERS");
    if (!endStream) throw malformed(stream.id, "trailers do not end it");
    if (section.size > this.core.limits.maxHeaderListSize) {
      throw malformed(stream.id, "trailers too large");
    }
    checkTrailers(stream.id, section.fields);
    this.endOfRequest(stream, section.fields);
  }
}

function tooMany(id: number): StreamError {
  return new StreamError(id, ErrorCode.REFUSED_STREAM, "too many streams");
}
