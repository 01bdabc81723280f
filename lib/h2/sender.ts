import { defaultWindow, SendWindow } from "./flow.ts";
import {
  defaultMaxFrameSize,
  OutputBuffer,
  writeData,
  writeHeaders,
  writeWindowUpdate,
} from "./frames/mod.ts";
import { HpackEncoder } from "./hpack/mod.ts";
import type { H2Limits } from "./limits.ts";
import { initialPeerSettings, type PeerSettings } from "./settings.ts";
import type { Outgoing, Stream } from "./streams/mod.ts";

/**
 * Hears of every frame queued: `done` if what the stream had to say is now said, `waited` if it had
 * to wait for room, so that somebody waits to hear of it.
 */
export type Framed = (stream: Stream, outgoing: Outgoing, done: boolean, waited: boolean) => void;

/**
 * Turns what streams have to say into frames, as far as windows (RFC 9113 section 5.2) and the
 * socket have room. Streams that wait take turns, one frame each.
 */
export class Sender {
  /** What waits for the socket, control frames included. */
  readonly out: OutputBuffer = new OutputBuffer();
  /** The connection's window. */
  readonly window: SendWindow = new SendWindow(defaultWindow);
  readonly peer: PeerSettings = initialPeerSettings();
  readonly encoder: HpackEncoder;
  /** Streams that wait for the socket only. */
  readonly #headers = new Set<Stream>();
  /** Streams whose own window is open and that wait for the connection's, or for the socket. */
  readonly #data = new Set<Stream>();
  #inFlight = 0;

  constructor(private readonly limits: H2Limits, private readonly framed: Framed) {
    this.encoder = new HpackEncoder(limits.encoderTableSize);
  }

  /** Octets queued and not yet taken by the socket. */
  get queued(): number {
    return this.out.length + this.#inFlight;
  }

  /** Whether octets are on their way to the socket. */
  get writing(): boolean {
    return this.#inFlight > 0;
  }

  /** All output, for the socket to write; empty while the previous piece is under way. */
  take(): Uint8Array {
    if (this.#inFlight > 0) return new Uint8Array(0);
    const bytes = this.out.take();
    this.#inFlight = bytes.length;
    return bytes;
  }

  /** Notes that the socket has taken `octets` of the piece. */
  wrote(octets: number): void {
    this.#inFlight = Math.max(0, this.#inFlight - octets);
  }

  /** Queues what a stream has to say. False if some of it has to wait. */
  offer(stream: Stream, outgoing: Outgoing, now: number): boolean {
    stream.outgoing = outgoing;
    stream.waitingSince = now;
    while (this.#mayAdvance(stream, outgoing)) {
      if (this.#advance(stream, outgoing, false)) return true;
    }
    this.#enqueue(stream, outgoing);
    return false;
  }

  /** Goes on with the streams that wait, as far as there is room now. */
  resume(now: number): void {
    for (const stream of this.#headers) {
      if (this.#full) return;
      this.#headers.delete(stream);
      this.#turn(stream, now);
    }
    for (const stream of this.#data) {
      if (this.#full || this.window.available <= 0) return;
      // Deleting and adding again puts the stream at the end of the queue.
      this.#data.delete(stream);
      this.#turn(stream, now);
    }
  }

  /** Notes that a stream's own window has changed; `resume` then goes on with it. */
  windowChanged(stream: Stream): void {
    if (stream.outgoing?.kind !== "data" || stream.outgoing.data.length === 0) return;
    if (stream.sendWindow.available > 0) this.#data.add(stream);
    else this.#data.delete(stream);
  }

  /** Forgets what a stream waits for, which must be closed. */
  drop(stream: Stream): void {
    this.#headers.delete(stream);
    this.#data.delete(stream);
  }

  /** Announces more room for the peer's DATA; stream 0 is the connection. */
  announce(streamId: number, increment: number): void {
    if (increment > 0) writeWindowUpdate(this.out, streamId, increment);
  }

  get #full(): boolean {
    return this.queued >= this.limits.outputBytes;
  }

  #turn(stream: Stream, now: number): void {
    const { outgoing } = stream;
    if (outgoing === undefined) return;
    stream.waitingSince = now;
    if (!this.#advance(stream, outgoing, true)) this.#enqueue(stream, outgoing);
  }

  #mayAdvance(stream: Stream, outgoing: Outgoing): boolean {
    if (this.#full) return false;
    if (!needsWindow(outgoing)) return true;
    return this.window.available > 0 && stream.sendWindow.available > 0;
  }

  #enqueue(stream: Stream, outgoing: Outgoing): void {
    if (!needsWindow(outgoing)) this.#headers.add(stream);
    else if (stream.sendWindow.available > 0) this.#data.add(stream);
  }

  /** Queues one frame (or header block). True if that was the last. */
  #advance(stream: Stream, outgoing: Outgoing, waited: boolean): boolean {
    const done = outgoing.kind === "headers"
      ? this.#headerBlock(stream, outgoing.fields, outgoing.end)
      : this.#piece(stream, outgoing);
    if (done) stream.outgoing = undefined;
    this.framed(stream, outgoing, done, waited);
    return done;
  }

  #headerBlock(stream: Stream, fields: Parameters<HpackEncoder["encode"]>[0], end: boolean): true {
    const block = this.encoder.encode(fields);
    writeHeaders(this.out, stream.id, block, end, this.peer.maxFrameSize);
    return true;
  }

  /** One DATA frame of a size that lets other streams have their turn. */
  #piece(stream: Stream, outgoing: Outgoing & { kind: "data" }): boolean {
    const { data, at } = outgoing;
    const most = Math.min(
      defaultMaxFrameSize,
      this.peer.maxFrameSize,
      this.window.available,
      stream.sendWindow.available,
    );
    const rest = data.length - at;
    const length = rest === 0 ? 0 : Math.min(rest, most);
    const done = length === rest;
    writeData(this.out, stream.id, data.subarray(at, at + length), done && outgoing.end);
    outgoing.at += length;
    this.window.spend(length);
    stream.sendWindow.spend(length);
    return done;
  }
}

/** Only DATA with content is flow-controlled (RFC 9113 section 6.9). */
function needsWindow(outgoing: Outgoing): boolean {
  return outgoing.kind === "data" && outgoing.data.length > 0;
}
