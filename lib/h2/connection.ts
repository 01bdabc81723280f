import { Core, type H2Event } from "./core.ts";
import { ConnectionError, ErrorCode, StreamError } from "./errors.ts";
import { defaultFloodBudgets, type FloodBudgets } from "./flood.ts";
import { FrameReader } from "./frames/mod.ts";
import { defaultLimits, type H2Limits } from "./limits.ts";
import { PrefaceReader } from "./preface.ts";
import { Receiver } from "./receiver.ts";
import { endlessRoom, type H2Field, type OctetRoom } from "./types.ts";
import { Shutdown } from "./shutdown.ts";
import type { Outgoing } from "./streams/mod.ts";
import { Timekeeper } from "./timekeeper.ts";

const noEvents: readonly H2Event[] = [];

/**
 * The server's end of one HTTP/2 connection (RFC 9113) without a socket or a clock: octets in,
 * events and octets out. `now` is in milliseconds from any fixed moment and never goes back. No
 * input makes it throw; what a peer does wrong becomes RST_STREAM or GOAWAY.
 *
 * After every call take the events and, when there is room, the output.
 */
export class H2Connection {
  readonly #core: Core;
  readonly #preface = new PrefaceReader();
  readonly #frames: FrameReader;
  readonly #receiver: Receiver;
  readonly #shutdown: Shutdown;
  readonly #time: Timekeeper;

  /** Queues our SETTINGS at once; limits come from {@link resolveLimits}. */
  constructor(
    now: number,
    limits: H2Limits = defaultLimits,
    floods: FloodBudgets = defaultFloodBudgets,
    room: OctetRoom = endlessRoom,
  ) {
    this.#core = new Core(limits, floods, now, room);
    this.#frames = new FrameReader(limits.maxFrameSize);
    this.#shutdown = new Shutdown(this.#core);
    this.#receiver = new Receiver(this.#core, this.#shutdown);
    this.#time = new Timekeeper(this.#core, this.#shutdown);
    this.#receiver.greet();
  }

  /** Whether the connection is over. */
  get closed(): boolean {
    return this.#core.phase === "closed";
  }

  /** Streams in use. */
  get streams(): number {
    return this.#core.streams.size;
  }

  /** Octets of output not yet taken by the socket. */
  get queued(): number {
    return this.#core.sender.queued;
  }

  /** What has happened since the last call. */
  takeEvents(): readonly H2Event[] {
    const { events } = this.#core;
    if (events.length === 0) return noEvents;
    this.#core.events = [];
    return events;
  }

  /** Takes octets from the peer. */
  receive(input: Uint8Array, now: number): void {
    this.#guard(now, () => {
      this.#time.heard();
      const rest = this.#readPreface(input);
      if (rest.length > 0) this.#readFrames(rest);
    });
  }

  /** The peer has closed its side, or the transport has failed. */
  end(reason: string, now: number): void {
    this.#guard(now, () => this.#core.close(ErrorCode.NO_ERROR, reason));
  }

  /** Acts on deadlines that have passed. */
  tick(now: number): void {
    this.#guard(now, () => this.#time.tick());
  }

  /** When to call `tick` next; undefined if there is nothing to wait for. */
  nextDeadline(): number | undefined {
    return this.#core.deadlines.next();
  }

  /**
   * Sends a response's header section, or with `end` the whole response. False if it has to wait
   * for room: a "sent" event tells when it has left. Until then nothing else may be sent.
   */
  respond(id: number, fields: readonly H2Field[], end: boolean, now: number): boolean {
    return this.#offer(id, { kind: "headers", fields, end }, now);
  }

  /** Sends octets of the body, if any; they must not change until they have left. As `respond`. */
  sendData(id: number, data: Uint8Array, end: boolean, now: number): boolean {
    if (data.length === 0 && !end) return true;
    return this.#offer(id, { kind: "data", data, end, at: 0 }, now);
  }

  /** Sends trailers and ends the stream. As `respond`. */
  sendTrailers(id: number, fields: readonly H2Field[], now: number): boolean {
    return this.#offer(id, { kind: "headers", fields, end: true }, now);
  }

  /** Ends a stream early with RST_STREAM. */
  reset(id: number, code: ErrorCode, now: number): void {
    this.#guard(now, () => {
      if (this.#core.streams.get(id)) this.#core.resetStream(id, code);
    });
  }

  /** Notes that the application has read octets of a body: the peer may send as many again. */
  bodyRead(id: number, octets: number, now: number): void {
    this.#guard(now, () => {
      const stream = this.#core.streams.get(id);
      if (stream) this.#core.giveBack(stream, octets);
    });
  }

  /** Drops what is unread of a body and what may still come. */
  discardBody(id: number, now: number): void {
    this.#guard(now, () => {
      const stream = this.#core.streams.get(id);
      if (!stream) return;
      stream.discarding = true;
      this.#core.giveBack(stream, stream.unread);
    });
  }

  /** Notes that a request's handler is done and holds nothing of it any more. */
  handlerDone(id: number): void {
    this.#core.handlers.done(id);
  }

  /**
   * Begins to shut down gracefully: streams under way have `drainMs` to end, then "drain limit"
   * comes, and "closed" soon after.
   */
  shutdown(drainMs: number, now: number): void {
    this.#guard(now, () => this.#shutdown.begin(drainMs));
  }

  /** Sends GOAWAY and ends the connection at once. */
  leave(now: number): void {
    this.#guard(now, () => this.#core.leave(ErrorCode.NO_ERROR, "closed"));
  }

  /** All output as one piece; empty while the one before is not written. See `wrote`. */
  takeOutput(now: number): Uint8Array {
    const { sender, deadlines, limits, phase } = this.#core;
    const output = sender.take();
    if (output.length > 0 && phase !== "closed") {
      deadlines.set("write", now + limits.stalledWriteMs);
    }
    return output;
  }

  /** Notes that the socket has taken octets of that piece. */
  wrote(octets: number, now: number): void {
    const { sender, deadlines, limits } = this.#core;
    sender.wrote(octets);
    this.#guard(now, () => {
      if (sender.writing) deadlines.set("write", now + limits.stalledWriteMs);
      else deadlines.clear("write");
      sender.resume(now);
    });
  }

  /** Gives a written piece back for reuse. */
  recycle(output: Uint8Array): void {
    this.#core.sender.out.recycle(output);
  }

  #offer(id: number, outgoing: Outgoing, now: number): boolean {
    let sent = true;
    this.#guard(now, () => {
      const stream = this.#core.streams.get(id);
      if (stream === undefined) return;
      stream.isAnswered = true;
      sent = this.#core.sender.offer(stream, outgoing, now);
      const { deadlines, limits } = this.#core;
      if (!sent && !deadlines.isSet("window")) {
        deadlines.set("window", now + limits.stalledWindowMs);
      }
    });
    return sent;
  }

  #readPreface(input: Uint8Array): Uint8Array {
    if (this.#core.phase !== "preface") return input;
    const rest = this.#preface.read(input);
    if (this.#preface.complete) this.#core.phase = "settings";
    return rest;
  }

  #readFrames(input: Uint8Array): void {
    const core = this.#core;
    this.#frames.feed(input);
    for (let frame = this.#frames.next(); frame; frame = this.#frames.next()) {
      try {
        this.#receiver.frame(frame);
      } catch (error) {
        if (!(error instanceof StreamError)) throw error;
        this.#streamFault(error);
      }
      if (core.phase === "closed") return;
      core.checkControlBacklog();
    }
  }

  /** Section 5.4.2; but there is nothing to reset before a stream is open or after it is closed. */
  #streamFault({ streamId, code, message }: StreamError): void {
    const core = this.#core;
    const state = core.streams.state(streamId);
    if (state === "idle") throw new ConnectionError(code, message);
    core.count("reset");
    if (state === "closed" || state === "closed (reset by us)") return;
    core.breakOff(streamId, code, message);
  }

  /** Runs `act`; turns what it throws into GOAWAY (section 5.4.1). */
  #guard(now: number, act: () => void): void {
    if (this.closed) return;
    this.#core.now = now;
    try {
      act();
    } catch (error) {
      if (error instanceof ConnectionError) this.#core.leave(error.code, error.message);
      else this.#core.leave(ErrorCode.INTERNAL_ERROR, `internal error: ${error}`);
    }
  }
}
