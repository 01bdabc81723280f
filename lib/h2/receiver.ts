import type { Core } from "./core.ts";
import { ErrorCode, flowControlError, malformed, protocolError, StreamError } from "./errors.ts";
import {
  checkPriority,
  dataPayload,
  Flag,
  type Frame,
  FrameType,
  goawayPayload,
  pingPayload,
  rstStreamPayload,
  settingsPayload,
  windowUpdatePayload,
  writePing,
} from "./frames/mod.ts";
import { HeaderBlockAssembler } from "./header_block.ts";
import { FieldSections } from "./field_sections.ts";
import { applyPeerSettings, OwnSettings } from "./settings.ts";
import type { Shutdown } from "./shutdown.ts";
import { nextState, type Stream } from "./streams/mod.ts";

/** Acts on frames (RFC 9113 section 6). Errors are thrown for the connection to answer. */
export class Receiver {
  readonly #blocks: HeaderBlockAssembler;
  readonly #sections: FieldSections;
  readonly #own: OwnSettings;

  constructor(private readonly core: Core, private readonly shutdown: Shutdown) {
    this.#blocks = new HeaderBlockAssembler(core.limits);
    this.#sections = new FieldSections(core);
    this.#own = new OwnSettings(core, this.#sections);
  }

  /** Sends our SETTINGS. */
  greet(): void {
    this.#own.send();
  }

  /** Acts on one frame. */
  frame(frame: Frame): void {
    this.#checkOrder(frame);
    switch (frame.type) {
      case FrameType.DATA:
        return this.#data(frame);
      case FrameType.HEADERS:
        return this.#headers(frame);
      case FrameType.PRIORITY:
        return this.#priority(frame);
      case FrameType.RST_STREAM:
        return this.#rstStream(frame);
      case FrameType.SETTINGS:
        return this.#settings(frame);
      case FrameType.PUSH_PROMISE:
        // A client cannot push (section 8.4).
        throw protocolError("PUSH_PROMISE from a client");
      case FrameType.PING:
        return this.#ping(frame);
      case FrameType.GOAWAY:
        return this.#goaway(frame);
      case FrameType.WINDOW_UPDATE:
        return this.#windowUpdate(frame);
      case FrameType.CONTINUATION:
        return this.#continuation(frame);
      default:
        // Unknown types are ignored (section 5.5).
        return this.core.count("unknownFrame");
    }
  }

  #checkOrder({ type, flags, streamId }: Frame): void {
    if (this.core.phase === "settings") {
      if (type !== FrameType.SETTINGS || (flags & Flag.ACK) !== 0) {
        throw protocolError("the client preface does not go on with SETTINGS");
      }
    }
    const { pending } = this.#blocks;
    if (pending === undefined || (type === FrameType.CONTINUATION && streamId === pending)) return;
    throw protocolError(`frame of type ${type} inside the header block of stream ${pending}`);
  }

  /** Section 6.1, with the flow control of section 6.9.1: padding counts, and is read at once. */
  #data(frame: Frame): void {
    const core = this.core;
    const data = dataPayload(frame);
    const { streamId, payload } = frame;
    const end = (frame.flags & Flag.END_STREAM) !== 0;
    if (!core.receiveWindow.take(payload.length)) {
      throw flowControlError(`DATA of ${payload.length} octets outruns the connection's window`);
    }
    if (data.length === 0 && !end) core.count("emptyFrame");
    else core.earn();
    const stream = core.streams.get(streamId);
    if (!stream) {
      core.giveBackConnection(payload.length);
      this.#late(streamId, "recv DATA");
      return;
    }
    if (!core.keep(stream, payload.length)) {
      core.giveBackConnection(payload.length);
      const reason = "too many octets of unfinished requests";
      throw new StreamError(streamId, ErrorCode.ENHANCE_YOUR_CALM, reason);
    }
    stream.on("recv DATA");
    if (!stream.receiveWindow.take(payload.length)) {
      const reason = `DATA of ${payload.length} octets outruns the stream's window`;
      throw new StreamError(streamId, ErrorCode.FLOW_CONTROL_ERROR, reason);
    }
    core.giveBack(stream, payload.length - data.length);
    countBody(stream, data.length);
    if (stream.discarding) core.giveBack(stream, data.length);
    else if (data.length > 0) core.events.push({ type: "data", id: streamId, data });
    if (end) this.#sections.endOfRequest(stream, []);
  }

  #headers(frame: Frame): void {
    this.#sections.checkId(frame.streamId);
    if (frame.payload.length === 0) this.core.count("emptyFrame");
    const { headerBlockMs } = this.core.limits;
    const block = this.#blocks.headers(frame);
    if (block) this.#sections.receive(block);
    else this.core.deadlines.set("headerBlock", this.core.now + headerBlockMs);
  }

  #continuation(frame: Frame): void {
    if (frame.payload.length === 0) this.core.count("emptyFrame");
    const block = this.#blocks.continuation(frame);
    if (!block) return;
    this.core.deadlines.clear("headerBlock");
    this.#sections.receive(block);
  }

  /** Section 6.3: checked, then ignored. */
  #priority(frame: Frame): void {
    this.core.count("priority");
    checkPriority(frame);
  }

  /** Section 6.4. */
  #rstStream(frame: Frame): void {
    const core = this.core;
    const code = rstStreamPayload(frame);
    const stream = core.streams.get(frame.streamId);
    if (!stream) return this.#late(frame.streamId, "recv RST_STREAM");
    stream.on("recv RST_STREAM");
    const reason = "the peer has reset the stream";
    core.events.push({ type: "reset", id: stream.id, code, reason });
    core.forget(stream);
    core.count("reset");
  }

  /** Section 6.5. */
  #settings(frame: Frame): void {
    const core = this.core;
    core.count("settings");
    const settings = settingsPayload(frame);
    if ((frame.flags & Flag.ACK) !== 0) return this.#own.acknowledged();
    applyPeerSettings(core, settings);
    if (core.phase === "settings") this.#own.handshakeDone();
  }

  /** Section 6.7. */
  #ping(frame: Frame): void {
    const core = this.core;
    core.count("ping");
    const opaque = pingPayload(frame);
    if ((frame.flags & Flag.ACK) !== 0) return this.shutdown.pingAcknowledged(opaque);
    writePing(core.sender.out, opaque, true);
  }

  /** Section 6.8: streams under way go on, then the connection is closed. */
  #goaway(frame: Frame): void {
    goawayPayload(frame);
    this.core.count("settings");
    this.core.peerLeaves = true;
    this.core.closeWhenDone();
  }

  /** Section 6.9. */
  #windowUpdate(frame: Frame): void {
    const core = this.core;
    core.count("windowUpdate");
    const increment = windowUpdatePayload(frame);
    if (frame.streamId === 0) return this.#connectionWindowUpdate(increment);
    const stream = core.streams.get(frame.streamId);
    if (!stream) return this.#late(frame.streamId, "recv WINDOW_UPDATE");
    stream.on("recv WINDOW_UPDATE");
    const fault = increment === 0
      ? ErrorCode.PROTOCOL_ERROR
      : stream.sendWindow.adjust(increment)
      ? undefined
      : ErrorCode.FLOW_CONTROL_ERROR;
    if (fault !== undefined) {
      throw new StreamError(stream.id, fault, `WINDOW_UPDATE of ${increment}`);
    }
    core.sender.windowChanged(stream);
    core.sender.resume(core.now);
  }

  #connectionWindowUpdate(increment: number): void {
    const { sender, now } = this.core;
    if (increment === 0) throw protocolError("WINDOW_UPDATE of 0");
    if (!sender.window.adjust(increment)) {
      throw flowControlError(
        `WINDOW_UPDATE of ${increment} makes the connection's window too large`,
      );
    }
    sender.resume(now);
  }

  /** A frame on a stream that is idle (an error) or closed (an error, or late). */
  #late(id: number, event: "recv DATA" | "recv RST_STREAM" | "recv WINDOW_UPDATE"): void {
    nextState(id, this.core.streams.state(id), event);
    this.core.count("lateFrame");
  }
}

/** The body has to be as long as content-length says (section 8.1.1). */
function countBody({ id, body }: Stream, octets: number): void {
  body.received += octets;
  if (body.expected === undefined || body.received <= body.expected) return;
  throw malformed(id, `body is longer than its content-length of ${body.expected}`);
}
