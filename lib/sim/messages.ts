import text from "./message_table.txt" with { type: "text" };
import { xxhash } from "../maglev/mod.ts";
import {
  encodeMessage,
  FrameBuffer,
  frameHeaderLength,
  type Message,
  nameCrc,
  type Values,
  WireReader,
  WireWriter,
} from "../binapi/mod.ts";
import { allMessages, sockclntCreate } from "../gen/vpp.ts";

/** A client that announces more than this is not one we know. */
const longestMessage = 16 * 1024 * 1024;

/**
 * A frame around `message`; `length` is what its header claims. The first eight bytes are nothing
 * that anybody should read: a pointer of VPP's, here any number at all, which may look like a
 * length or an id.
 */
export function frame(message: Uint8Array, length = message.length): Uint8Array {
  const bytes = new Uint8Array(frameHeaderLength + message.length);
  const view = new DataView(bytes.buffer);
  const garbage = xxhash(message.length, message[5] ?? 0);
  view.setUint32(0, garbage.high);
  view.setUint32(4, garbage.low);
  view.setUint32(8, length);
  bytes.set(message, frameHeaderLength);
  return bytes;
}

/** Cuts what a client sends into messages. RangeError for a length that cannot be. */
export function framesOfClient(): FrameBuffer {
  const impossible = (length: number) => new RangeError(`a message of ${length} bytes`);
  return new FrameBuffer({ least: 0, most: longestMessage }, impossible);
}

/** One line of the table that VPP hands out in `sockclnt_create_reply`. */
export interface TableEntry {
  /** What messages of this kind start with. */
  readonly id: number;
  /** Name and CRC: `lb_conf_56cd3261`. */
  readonly nameCrc: string;
}

/**
 * All 853 messages of VPP 26.10 with the lb plugin, in the order of a real reply: that of a hash
 * table's buckets, neither by id nor by name.
 */
export const messageTable: readonly TableEntry[] = text.trimEnd().split("\n").map((line) => {
  const [id = "", nameCrc = ""] = line.split(" ");
  return { id: Number(id), nameCrc };
});

/** How a VPP's messages differ from those of the recorded one. Names are without CRC. */
export interface TableChanges {
  /** Messages that this VPP lacks, as an older one would. */
  readonly lacks?: readonly string[] | undefined;
  /** Messages that this VPP has with another CRC. */
  readonly changed?: readonly string[] | undefined;
  /**
   * Tells clients only of the messages that the simulated VPP understands or sends: a reply of 3
   * KB instead of 56 KB, for simulations that connect a thousand times.
   */
  readonly short?: boolean | undefined;
}

/** Where the reply's fields lie: u16 id, u32 client_index, u32 context, i32 response, u32 index. */
const replyAt = { context: 6, index: 14 } as const;

const tables = new Map<string, MessageTable>();

/** The recorded table with these changes; made once, whatever the number of VPPs that have it. */
export function tableWith({ lacks, changed, short }: TableChanges): MessageTable {
  const key = JSON.stringify([lacks, changed, short]);
  return tables.getOrInsertComputed(key, () => new MessageTable({ lacks, changed, short }));
}

/** What ids mean in one VPP. */
export class MessageTable {
  readonly #ids = new Map<string, number>();
  readonly #names = new Map<number, string>();
  readonly #reply: Uint8Array;

  /** The recorded table with these changes. */
  constructor({ lacks = [], changed = [], short = false }: TableChanges = {}) {
    const understood = new Set(allMessages.map(nameCrc));
    const entries = messageTable.flatMap(({ id, nameCrc }) => {
      const name = withoutCrc(nameCrc);
      if (lacks.includes(name) || (short && !understood.has(nameCrc))) return [];
      return { id, nameCrc: changed.includes(name) ? `${name}_deadbeef` : nameCrc };
    });
    for (const { id, nameCrc } of entries) {
      this.#ids.set(nameCrc, id);
      this.#names.set(id, withoutCrc(nameCrc));
    }
    this.#reply = encodeReply(this.id(sockclntCreate.reply) ?? 0, entries);
  }

  /** The id of a message, undefined for what this VPP lacks or has with another layout. */
  id(message: Message): number | undefined {
    return this.#ids.get(nameCrc(message));
  }

  /** The id of a name without its CRC, undefined for what this VPP lacks. */
  idOf(name: string): number | undefined {
    for (const [id, known] of this.#names) if (known === name) return id;
    return undefined;
  }

  /** The name behind an id, without the CRC. */
  name(id: number): string | undefined {
    return this.#names.get(id);
  }

  /** `sockclnt_create_reply` for a client that has got this index. */
  reply(context: number, index: number): Uint8Array {
    const bytes = this.#reply.slice();
    const view = new DataView(bytes.buffer);
    view.setUint32(replyAt.context, context);
    view.setUint32(replyAt.index, index);
    return bytes;
  }
}

function encodeReply(id: number, entries: readonly TableEntry[]): Uint8Array {
  const writer = new WireWriter();
  // The only reply with a client_index, which is always 0: the one to use is in `index`.
  encodeMessage(writer, sockclntCreate.reply, { id, clientIndex: 0, context: 0 }, {
    response: 0,
    index: 0,
    count: entries.length,
    message_table: entries.map(({ id: index, nameCrc: name }) => ({ index, name })),
  });
  return writer.written();
}

function withoutCrc(nameCrc: string): string {
  return nameCrc.slice(0, nameCrc.lastIndexOf("_"));
}

/** A message that VPP sends whether it was asked for or not. */
export interface OutgoingMessage {
  /** A name of the table without its CRC, or an id that need not be in it. */
  readonly message: string | number;
  /** That of the request, or 0 when there is none. */
  readonly context?: number;
  /** Fields that are not 0, of a message that the simulated VPP knows. */
  readonly fields?: Values;
  /** What follows the context, in place of fields. */
  readonly body?: Uint8Array;
}

/** As long as the longest message without what it counts; all zeros is all fields 0. */
const zeros = new Uint8Array(1024);

/** The message's bytes. Throws for a name that the table lacks. */
export function encodeOutgoing(
  { message, context, fields, body }: OutgoingMessage,
  table: MessageTable,
  asked = 0,
): Uint8Array {
  const writer = new WireWriter();
  const id = typeof message === "number" ? message : table.idOf(message);
  if (id === undefined) throw new Error(`this VPP has no message ${message}`);
  writer.u16(id);
  writer.u32(context ?? asked);
  const layout = allMessages.find(({ name }) => name === message)?.body;
  if (body) writer.raw(body);
  else layout?.write(writer, { ...layout.read(new WireReader(zeros), {}), ...fields }, {});
  return writer.written();
}
