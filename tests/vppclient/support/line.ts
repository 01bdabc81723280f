import { FakeClock } from "../../../lib/time/mod.ts";
import type { Transport } from "../../../lib/vppclient/transport.ts";
import type { ApiClient, ClientContext } from "../../../lib/vppclient/client.ts";
import { connectApi } from "../../../lib/vppclient/connect.ts";
import { encodeMessage, nameCrc, WireWriter } from "../../../lib/binapi/mod.ts";
import { allMessages, sockclntCreate } from "../../../lib/gen/vpp.ts";
import { RecordedLog } from "../../support/recorded_log.ts";

/** The ids of messages: their places in this list, and 100. */
export const idOf = (name: string) =>
  100 + allMessages.findIndex((message) => message.name === name);

/** VPP's end of a connection, in a test's hands. */
export class Line implements Transport {
  /** All that was written. */
  readonly written: number[] = [];
  closed = 0;
  /** Bytes that one write takes at most; 0 takes none, ever. */
  most = Infinity;
  #arrived: Uint8Array[] = [];
  #wake = Promise.withResolvers<void>();

  /** Lets bytes arrive; none is the end. */
  say(bytes: Uint8Array): void {
    this.#arrived.push(bytes);
    this.#wake.resolve();
  }

  async read(into: Uint8Array): Promise<number | null> {
    if (this.#arrived.length === 0) await this.#wake.promise;
    this.#wake = Promise.withResolvers();
    if (this.closed > 0) throw new Error("read after close");
    const bytes = this.#arrived.shift() ?? new Uint8Array();
    into.set(bytes);
    return bytes.length === 0 ? null : bytes.length;
  }

  async write(bytes: Uint8Array): Promise<number> {
    if (this.most === 0) return await new Promise(() => {});
    const piece = bytes.subarray(0, Math.min(bytes.length, this.most));
    this.written.push(...piece);
    return await Promise.resolve(piece.length);
  }

  close(): void {
    if (++this.closed > 1) throw new Deno.errors.BadResource("closed already");
    this.#wake.resolve();
  }
}

/** A frame with this message in it. */
export function framed(body: Uint8Array): Uint8Array {
  const frame = new Uint8Array(16 + body.length);
  new DataView(frame.buffer).setUint32(8, body.length);
  frame.set(body, 16);
  return frame;
}

/** The reply to the handshake. */
export function welcome(response = 0, id = 16): Uint8Array {
  const table = allMessages.map((message, i) => ({ index: 100 + i, name: nameCrc(message) }));
  const writer = new WireWriter();
  const header = { id, clientIndex: 0, context: 1 };
  encodeMessage(writer, sockclntCreate.reply, header, {
    ...{ response, index: 0x80000007, count: table.length },
    message_table: table,
  });
  return framed(writer.written().slice());
}

/** What tests look at. */
export class Setup {
  readonly clock = new FakeClock();
  readonly line = new Line();
  readonly log = new RecordedLog("debug");
  readonly seen: string[] = [];
  readonly context: ClientContext = {
    ...{ log: this.log, clock: this.clock, deadlineMs: 5_000 },
    observer: { apiMessage: (...args) => void this.seen.push(args.join(" ")) },
  };

  open(signal?: AbortSignal): Promise<ApiClient> {
    return connectApi("api.sock", this.context, signal, () => Promise.resolve(this.line));
  }

  /** A client after its handshake, of which nothing is kept here. */
  async client(): Promise<ApiClient> {
    const opening = this.open();
    this.line.say(welcome());
    const client = await opening;
    this.line.written.length = 0;
    this.seen.length = 0;
    this.log.records.length = 0;
    return client;
  }
}

export async function turns(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}
