/** A peer on a Unix socket that shakes hands as VPP does and then says what a test tells it to. */

import {
  appendFrame,
  decodeMessage,
  encodeMessage,
  type Message,
  nameCrc,
  type Values,
  WireWriter,
} from "../../../lib/binapi/mod.ts";
import { framesOfVpp } from "../../../lib/vppclient/transport.ts";
import { allMessages, sockclntCreate } from "../../../lib/gen/vpp.ts";
import { sockclntCreateId, sockclntCreateReplyId } from "../../../lib/vppclient/connect.ts";

const firstId = 100;
const ids = new Map<Message, number>(allMessages.map((message, i) => [message, firstId + i]));
const byId = new Map(allMessages.map((message, i): [number, Message] => [firstId + i, message]));
ids.set(sockclntCreate.request, sockclntCreateId);
ids.set(sockclntCreate.reply, sockclntCreateReplyId);
byId.set(sockclntCreateId, sockclntCreate.request);

/** One request as it came in. */
export interface Asked {
  readonly message: Message;
  readonly context: number;
  // deno-lint-ignore no-explicit-any -- of any message: the script knows which
  readonly value: any;
  readonly peer: Peer;
}

/** The far end of one connection. */
export class Peer {
  #closed = false;

  constructor(private readonly conn: Deno.Conn) {}

  /** Sends a reply in a frame of its own. */
  send<T extends Values>(message: Message<T>, context: number, value: T): Promise<void> {
    return this.sendRaw(frameOf(message, context, value));
  }

  /** Sends any bytes. */
  async sendRaw(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length && !this.#closed;) {
      at += await this.conn.write(bytes.subarray(at));
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.conn.close();
  }
}

/** A whole frame. */
export function frameOf<T extends Values>(
  message: Message<T>,
  context: number,
  value: T,
): Uint8Array<ArrayBuffer> {
  const writer = new WireWriter();
  const header = { id: ids.get(message) ?? 0, clientIndex: 0, context };
  appendFrame(writer, (to) => encodeMessage(to, message, header, value));
  return writer.written().slice();
}

/** How the scripted peer differs from an obliging one. */
export interface Script {
  /** Called for each request after the handshake. */
  readonly asked?: (asked: Asked) => void | Promise<void>;
  /** Names in the table, `name_crc`; undefined leaves the message out. */
  readonly announce?: (message: Message) => string | undefined;
  /** Instead of answering the handshake. */
  readonly greeted?: (peer: Peer) => void | Promise<void>;
  /** Takes the connection over after the handshake. */
  readonly afterGreeting?: (conn: Deno.Conn) => Promise<void>;
  /** Where to listen instead of in a folder of its own. */
  readonly socketPath?: string;
}

/** The listening peer. */
export class ScriptedVpp implements AsyncDisposable {
  readonly #peers = new Set<Peer>();
  readonly #serving: Promise<void>;

  private constructor(
    readonly path: string,
    private readonly folder: string,
    private readonly listener: Deno.UnixListener,
    private readonly script: Script,
  ) {
    this.#serving = this.#serve();
  }

  static async start(script: Script = {}): Promise<ScriptedVpp> {
    const folder = await Deno.makeTempDir();
    const path = script.socketPath ?? `${folder}/api.sock`;
    return new ScriptedVpp(path, folder, Deno.listen({ transport: "unix", path }), script);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.listener.close();
    for (const peer of this.#peers) peer.close();
    await this.#serving;
    await Deno.remove(this.folder, { recursive: true });
  }

  async #serve(): Promise<void> {
    const running: Promise<void>[] = [];
    try {
      for await (const conn of this.listener) running.push(this.#talk(conn));
    } catch {
      // The listener was closed.
    }
    await Promise.all(running);
  }

  async #talk(conn: Deno.Conn): Promise<void> {
    const peer = new Peer(conn);
    this.#peers.add(peer);
    const frames = framesOfVpp();
    try {
      for (;;) {
        const length = await conn.read(frames.space());
        if (length === null) break;
        frames.filled(length);
        for (let frame = frames.next(); frame; frame = frames.next()) {
          await this.#receive(peer, frame);
        }
        if (this.script.afterGreeting) await this.script.afterGreeting(conn);
      }
    } catch {
      // Closed by the test, or by the client in the middle of something.
    }
    peer.close();
  }

  async #receive(peer: Peer, frame: Uint8Array<ArrayBuffer>): Promise<void> {
    const message = byId.get(new DataView(frame.buffer, frame.byteOffset).getUint16(0));
    if (!message) return;
    const { header, value } = decodeMessage(message, frame);
    if (message === sockclntCreate.request) await this.#greet(peer, header.context);
    else await this.script.asked?.({ message, context: header.context, value, peer });
  }

  async #greet(peer: Peer, context: number): Promise<void> {
    if (this.script.greeted) return await this.script.greeted(peer);
    const announce = this.script.announce ?? nameCrc;
    const table = [...byId].flatMap(([index, message]) => {
      const name = announce(message);
      return name === undefined ? [] : [{ index, name }];
    });
    await peer.send(sockclntCreate.reply, context, {
      response: 0,
      index: 0x80000001,
      count: table.length,
      message_table: table,
    });
  }
}
