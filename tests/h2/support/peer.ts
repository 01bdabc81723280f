import assert from "node:assert/strict";
import {
  defaultFloodBudgets,
  type FloodBudgets,
  H2Connection,
  type H2Event,
  type H2Limits,
  resolveLimits,
} from "../../../lib/h2/mod.ts";
import { HpackDecoder } from "../../../lib/h2/hpack/mod.ts";
import type { OctetRoom } from "../../../lib/h2/types.ts";
import { errorName } from "./error_name.ts";
import * as wire from "./wire.ts";

export interface PeerOptions {
  readonly limits?: Partial<H2Limits>;
  readonly floods?: Partial<FloodBudgets>;
  /** The client's SETTINGS. */
  readonly settings?: [id: number, value: number][];
  /** What requests may hold of what connections share. */
  readonly room?: OctetRoom;
  /** False: nothing is sent to begin with. */
  readonly handshake?: boolean;
}

/** A client in front of a bare core: sends octets, tells in short sentences what comes back. */
export class Peer {
  readonly connection: H2Connection;
  readonly events: H2Event[] = [];
  now = 1000;
  /** Whether the socket takes what the server writes. */
  reading = true;
  readonly #hpack = new HpackDecoder(4096);
  #output: Uint8Array[] = [];

  constructor(options: PeerOptions = {}) {
    this.connection = new H2Connection(
      this.now,
      resolveLimits(options.limits),
      { ...defaultFloodBudgets, ...options.floods },
      options.room,
    );
    this.collect();
    if (options.handshake === false) return;
    this.send(wire.preface, wire.settings(...(options.settings ?? [])), wire.settingsAck);
    this.said();
    this.events.length = 0;
  }

  send(...pieces: Uint8Array[]): this {
    for (const piece of pieces) {
      this.connection.receive(piece, this.now);
      this.collect();
    }
    return this;
  }

  /** Sends the octets one by one. */
  trickle(...pieces: Uint8Array[]): this {
    for (const octet of wire.join(...pieces)) this.send(wire.octets(octet));
    return this;
  }

  /** Lets time pass, acting on deadlines as they come. */
  advance(ms: number): this {
    const end = this.now + ms;
    for (let at = this.connection.nextDeadline(); at !== undefined && at <= end;) {
      this.now = Math.max(this.now, at);
      this.connection.tick(this.now);
      this.collect();
      at = this.connection.nextDeadline();
    }
    this.now = end;
    return this;
  }

  respond(id: number, fields: readonly wire.Field[], end = true): boolean {
    const sent = this.connection.respond(id, fields, end, this.now);
    this.collect();
    return sent;
  }

  sendData(id: number, body: Uint8Array | string, end = false): boolean {
    const octets = typeof body === "string" ? wire.text(body) : body;
    const sent = this.connection.sendData(id, octets, end, this.now);
    this.collect();
    return sent;
  }

  /** Takes events, and output if the peer reads. */
  collect(): void {
    this.events.push(...this.connection.takeEvents());
    while (this.reading) {
      const output = this.connection.takeOutput(this.now);
      if (output.length === 0) break;
      this.#output.push(output.slice());
      this.connection.wrote(output.length, this.now);
      this.events.push(...this.connection.takeEvents());
    }
  }

  /** The frames that have come since the last call. */
  frames(): wire.SeenFrame[] {
    const frames = wire.parse(wire.join(...this.#output));
    this.#output = [];
    return frames;
  }

  /** The same as sentences such as `HEADERS 1 end` or `GOAWAY 0 PROTOCOL_ERROR`. */
  said(): string[] {
    return this.frames().map((frame) => this.#sentence(frame));
  }

  /** The events of one kind. */
  got<T extends H2Event["type"]>(type: T): Extract<H2Event, { type: T }>[] {
    return this.events.filter((event) => event.type === type) as Extract<H2Event, { type: T }>[];
  }

  /** The connection has ended with `code`. */
  assertGoaway(code: string): void {
    const goaways = this.said().filter((sentence) => sentence.startsWith("GOAWAY"));
    assert.deepEqual(goaways.map((sentence) => sentence.split(" ")[2]), [code]);
    assert.equal(this.connection.closed, true);
    assert.equal(this.got("closed").length, 1);
  }

  /** The stream was reset with `code`, and nothing else happened to the connection. */
  assertReset(id: number, code: string): void {
    const ends = this.said().filter((sentence) => /^(RST_STREAM|GOAWAY)/.test(sentence));
    assert.deepEqual(ends, [`RST_STREAM ${id} ${code}`]);
    assert.equal(this.connection.closed, false);
  }

  /** The server still answers. */
  assertAlive(): void {
    this.said();
    this.send(wire.ping());
    assert.deepEqual(this.said(), ["PING ack 12345678"]);
  }

  #sentence({ type, flags, streamId, payload }: wire.SeenFrame): string {
    const end = (flags & wire.END_STREAM) !== 0 ? " end" : "";
    const view = new DataView(payload.buffer);
    const latin1 = (from: number) => String.fromCharCode(...payload.subarray(from));
    switch (type) {
      case wire.types.DATA:
        return `DATA ${streamId} ${payload.length}${end}`;
      case wire.types.HEADERS:
        return `HEADERS ${streamId} ${this.#fields(flags, payload)}${end}`;
      case wire.types.RST_STREAM:
        return `RST_STREAM ${streamId} ${errorName(view.getUint32(0))}`;
      case wire.types.SETTINGS:
        return flags === wire.ACK ? "SETTINGS ack" : "SETTINGS";
      case wire.types.PING:
        return `PING ${flags === wire.ACK ? "ack " : ""}${latin1(0)}`;
      case wire.types.GOAWAY:
        return `GOAWAY ${view.getUint32(0)} ${errorName(view.getUint32(4))}`;
      case wire.types.WINDOW_UPDATE:
        return `WINDOW_UPDATE ${streamId} ${view.getUint32(0)}`;
      default:
        return `frame ${type} on ${streamId} of ${payload.length}`;
    }
  }

  #fields(flags: number, payload: Uint8Array): string {
    if ((flags & wire.END_HEADERS) === 0) return "begin";
    const { fields } = this.#hpack.decode(payload, 1_000_000);
    return fields.map(([name, value]) => `${name}=${value}`).join(" ");
  }
}
