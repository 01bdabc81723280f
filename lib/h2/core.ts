import { ConnectionDeadlines } from "./connection_deadlines.ts";
import { calm, ErrorCode } from "./errors.ts";
import { type FloodBudgets, type FloodKind, FloodMeter, Handlers } from "./flood.ts";
import { defaultWindow, ReceiveWindow } from "./flow.ts";
import { writeGoaway, writeRstStream } from "./frames/mod.ts";
import type { H2Limits } from "./limits.ts";
import type { RequestHead } from "./request.ts";
import { Sender } from "./sender.ts";
import { type Stream, Streams } from "./streams/mod.ts";
import type { H2Field, OctetRoom } from "./types.ts";

/** What the core tells its owner. */
export type H2Event =
  /** A request's header section has arrived. */
  | { readonly type: "request"; readonly id: number; readonly head: RequestHead }
  /** Octets of its body: a view, good until the connection receives more input. */
  | { readonly type: "data"; readonly id: number; readonly data: Uint8Array }
  /** The request is complete. */
  | { readonly type: "end"; readonly id: number; readonly trailers: readonly H2Field[] }
  /** What had to wait has been sent: there is room for more. */
  | { readonly type: "sent"; readonly id: number }
  /** The stream broke off, by the peer's RST_STREAM or ours. */
  | { readonly type: "reset"; readonly id: number; readonly code: number; readonly reason: string }
  /** Shutdown waits no longer: handlers should end their streams at once. */
  | { readonly type: "drain limit" }
  /**
   * The connection is over, and so are all its streams. What output is left should be written,
   * then the transport closed.
   */
  | { readonly type: "closed"; readonly code: number; readonly reason: string };

/** How far a connection has come. */
export type Phase =
  /** The client preface has not arrived (RFC 9113 section 3.4). */
  | "preface"
  /** The SETTINGS that belong to it have not. */
  | "settings"
  | "open"
  /** GOAWAY has announced the end; streams under way go on. */
  | "draining"
  | "closed";

/** What receiving, sending and waiting share: the state of one connection and how it changes. */
export class Core {
  phase: Phase = "preface";
  now: number;
  events: H2Event[] = [];
  /** The highest stream that is served; higher ones are ignored after the final GOAWAY. */
  lastServed = Infinity;
  readonly handlers: Handlers;
  /** Whether the peer has said that it is going away. */
  peerLeaves = false;
  readonly streams: Streams = new Streams();
  readonly deadlines: ConnectionDeadlines = new ConnectionDeadlines();
  readonly sender: Sender;
  /** What the connection as a whole may receive. */
  readonly receiveWindow: ReceiveWindow;
  readonly #flood: FloodMeter;

  /** `room` is for what requests hold: header sections, and bodies that are not read yet. */
  constructor(
    readonly limits: H2Limits,
    floods: FloodBudgets,
    now: number,
    private readonly room: OctetRoom,
  ) {
    this.now = now;
    this.handlers = new Handlers(room);
    this.#flood = new FloodMeter(floods, now);
    this.receiveWindow = new ReceiveWindow(defaultWindow);
    this.sender = new Sender(limits, (stream, outgoing, done, waited) => {
      this.earn();
      stream.on(outgoing.kind === "headers" ? "send HEADERS" : "send DATA");
      if (done && waited) this.events.push({ type: "sent", id: stream.id });
      if (done && outgoing.end) this.#answered(stream);
    });
  }

  /** Counts something that only floods bring in numbers. */
  count(kind: FloodKind): void {
    this.#flood.count(kind, this.now);
  }

  /** Counts a frame that shows work. */
  earn(): void {
    this.#flood.earn();
  }

  /** Counts octets of body that wait to be read. False if there is no room for them. */
  keep(stream: Stream, octets: number): boolean {
    if (!this.room.take(octets)) return false;
    stream.unread += octets;
    return true;
  }

  /** Gives octets of body that were read, or that nobody will read, back to the peer. */
  giveBack(stream: Stream, octets: number): void {
    const given = Math.min(octets, stream.unread);
    stream.unread -= given;
    this.room.give(given);
    if (!stream.discarding && stream.state === "open") {
      this.sender.announce(stream.id, stream.receiveWindow.giveBack(given));
    }
    this.giveBackConnection(given);
  }

  /** As {@link giveBack}, for the connection's window only. */
  giveBackConnection(octets: number): void {
    this.sender.announce(0, this.receiveWindow.giveBack(octets));
  }

  /** Ends a stream with RST_STREAM (RFC 9113 section 5.4.2). */
  resetStream(id: number, code: number): void {
    const stream = this.streams.get(id);
    stream?.on("send RST_STREAM");
    writeRstStream(this.sender.out, id, code);
    this.streams.close(id, "closed (reset by us)");
    if (stream) this.forget(stream);
  }

  /** As {@link resetStream}, for reasons of which the application has to hear. */
  breakOff(id: number, code: number, reason: string): void {
    // Before anything that follows from it: "closed" is the last event.
    this.events.push({ type: "reset", id, code, reason });
    this.resetStream(id, code);
  }

  /** Lets go of a stream that is closed. */
  forget(stream: Stream): void {
    this.streams.close(stream.id, stream.state);
    this.sender.drop(stream);
    this.giveBackConnection(stream.unread);
    this.#drop(stream);
    if (this.streams.size > 0) return;
    this.deadlines.clear("window");
    this.deadlines.clear("keepalive");
    this.deadlines.clear("body");
    if (this.phase === "open") this.deadlines.set("idle", this.now + this.limits.idleMs);
    this.closeWhenDone();
  }

  /** Closes a connection that is going away once nothing is left to do. */
  closeWhenDone(): void {
    if (this.streams.size > 0 || this.phase === "closed") return;
    const drained = this.phase === "draining" && this.lastServed !== Infinity;
    if (drained) this.close(ErrorCode.NO_ERROR, "drained");
    else if (this.peerLeaves) this.leave(ErrorCode.NO_ERROR, "the peer has gone away");
  }

  /** Sends GOAWAY and closes (RFC 9113 section 5.4.1). */
  leave(code: ErrorCode, reason: string): void {
    if (this.phase === "closed") return;
    const debug = code === ErrorCode.NO_ERROR ? "" : reason;
    writeGoaway(this.sender.out, Math.min(this.streams.last, this.lastServed), code, debug);
    this.close(code, reason);
  }

  /** Closes without GOAWAY. */
  close(code: ErrorCode, reason: string): void {
    if (this.phase === "closed") return;
    this.phase = "closed";
    for (const stream of this.streams.all()) this.#drop(stream);
    this.streams.clear();
    this.deadlines.clearAll();
    this.events.push({ type: "closed", code, reason });
  }

  /** Cuts off a peer that makes us answer and does not read the answers (CVE-2019-9512 and kin). */
  checkControlBacklog(): void {
    const most = this.limits.outputBytes + this.limits.controlBytes;
    if (this.sender.out.length <= most) return;
    throw calm(`more than ${most} octets of answers wait for the peer to read`);
  }

  /** Nobody reads the rest of a body any more. */
  #drop(stream: Stream): void {
    this.room.give(stream.unread);
    stream.unread = 0;
  }

  /** The answer is complete. */
  #answered(stream: Stream): void {
    stream.on("send END_STREAM");
    // Whatever else the request has to say is of no use (section 8.1): half-closed (local) lasts no
    // longer than this.
    if (stream.state === "half-closed (local)") this.resetStream(stream.id, ErrorCode.NO_ERROR);
    else this.forget(stream);
  }
}
