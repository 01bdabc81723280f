import type { SimRequest } from "./faults.ts";
import {
  answerOf,
  DecodeError,
  encodeMessage,
  type Message,
  type Values,
  WireReader,
  WireWriter,
} from "../binapi/mod.ts";
import { sockclntCreate, sockclntDelete } from "../gen/vpp.ts";
import { type Handler, handlers } from "./handlers.ts";
import { encodeOutgoing, type MessageTable, type OutgoingMessage } from "./messages.ts";
import { Pool } from "./pool.ts";
import type { Vpp } from "./vpp.ts";

/** One client of the API, however its bytes travel. */
export interface Peer {
  /** Tells clients apart in the journal. */
  readonly number: number;
  /** What the client has to send as client_index once registered. */
  clientIndex: number | undefined;
  /** Whether {@link close} was called or the client has gone. */
  readonly closed: boolean;
  /** Queues bytes; they leave in order. */
  send(bytes: Uint8Array): void;
  /** Resolves when what was sent so far will reach the client even if VPP dies now. */
  flushed(): Promise<void>;
  /** Drops the client. What has not left may be lost. */
  close(): void;
}

/** A request with what is needed to carry it out. */
export interface Incoming {
  readonly request: SimRequest;
  readonly peer: Peer;
  readonly clientIndex: number;
  /** All of it, as it came. */
  readonly bytes: Uint8Array;
  /** Undefined for what gets no reply: an unknown id, or a message that is too short. */
  readonly handler: Handler | undefined;
}

/** What came of a request. */
export interface Outcome {
  /** Undefined for a client_index that nobody has: then there is no reply. */
  readonly to: Peer | undefined;
  /** Of the request. */
  readonly context: number;
  readonly messages: readonly Uint8Array[];
  /** Of the first reply, if it has one. */
  readonly retval: number | undefined;
  /** Whether VPP drops the client behind the reply. */
  readonly closes: boolean;
}

/** `sockclnt_create` has this id in every VPP: it is how a client learns the others. */
const createId = 15;

/** Turns messages into requests, requests into what they do, and answers into messages. */
export class Dispatcher {
  readonly #vpp: Vpp;
  readonly #table: MessageTable;
  readonly #handlers = new Map<number, Handler>();
  readonly #clients = new Clients();
  readonly #writer = new WireWriter(4096);
  #received = 0;

  /** `table` is what clients are told, and what ids mean. */
  constructor(vpp: Vpp, table: MessageTable) {
    this.#vpp = vpp;
    this.#table = table;
    for (const handler of [...handlers, create, remove]) {
      const id = table.id(handler.exchange.request);
      if (id !== undefined) this.#handlers.set(id, handler);
    }
  }

  /** What the bytes ask for. Never throws. */
  decode(peer: Peer, view: Uint8Array): Incoming {
    const bytes = view.slice();
    const reader = new WireReader(bytes);
    const sequence = ++this.#received;
    const common = { sequence, connection: peer.number };
    let name = "";
    try {
      const id = reader.u16();
      name = this.#table.name(id) ?? "";
      const clientIndex = id === createId ? 0 : reader.u32();
      const context = reader.u32();
      const handler = this.#handlers.get(id);
      const fields = handler ? handler.exchange.request.body.read(reader, {}) : {};
      return { request: { ...common, name, context, fields }, peer, clientIndex, bytes, handler };
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      const request = { ...common, name, context: 0, fields: {} };
      return { request, peer, clientIndex: 0, bytes, handler: undefined };
    }
  }

  /**
   * Does what was asked and says what to reply; with `refusal`, does nothing and replies with
   * that value. Throws VppCrash. As in VPP, a request with an unknown client_index is carried out
   * although nobody hears of it.
   */
  carryOut(incoming: Incoming, refusal?: number): Outcome {
    const { handler, clientIndex, request } = incoming;
    if (!handler) return answered(incoming, undefined, []);
    if (handler === create) return this.#create(incoming);
    const to = this.#clients.find(clientIndex);
    if (handler === remove) return this.#delete(incoming, to);
    if (refusal !== undefined) return this.#refuse(incoming, to, refusal);
    const answers = handler.run(this.#vpp, request.fields, incoming);
    const first = answers[0]?.retval;
    const message = answerOf(handler.exchange);
    const replies = answers.map((fields) => this.#encode(message, fields, request.context));
    return answered(incoming, to, replies, typeof first === "number" ? first : undefined);
  }

  /** The bytes of a message of VPP's own; `asked` is its context unless it says otherwise. */
  encode(outgoing: OutgoingMessage, asked?: number): Uint8Array {
    return encodeOutgoing(outgoing, this.#table, asked);
  }

  /** Forgets a client that has gone. */
  forget(peer: Peer): void {
    this.#clients.forget(peer);
  }

  #refuse(incoming: Incoming, to: Peer | undefined, retval: number): Outcome {
    const { name, context } = incoming.request;
    const reply = this.encode({ message: `${name}_reply`, fields: { retval } }, context);
    return answered(incoming, to, [reply], retval);
  }

  #create(incoming: Incoming): Outcome {
    const { peer, request } = incoming;
    const reply = this.#table.reply(request.context, this.#clients.register(peer));
    return answered(incoming, peer, [reply]);
  }

  /** As in VPP a client that nobody knows is ignored, and one that deletes nobody told so. */
  #delete(incoming: Incoming, to: Peer | undefined): Outcome {
    if (!to) return answered(incoming, undefined, []);
    const { request } = incoming;
    const closes = this.#clients.find(Number(request.fields.index)) !== undefined;
    const fields = { response: closes ? 1 : -1 };
    if (closes) this.#clients.forget(to);
    const reply = this.#encode(sockclntDelete.reply, fields, request.context);
    return { ...answered(incoming, to, [reply]), closes };
  }

  #encode(message: Message, fields: Values, context: number): Uint8Array {
    const header = { id: this.#table.id(message) ?? 0, clientIndex: 0, context };
    this.#writer.truncate(0);
    encodeMessage(this.#writer, message, header, fields);
    return this.#writer.written().slice();
  }
}

function answered(
  { request: { context } }: Incoming,
  to: Peer | undefined,
  messages: readonly Uint8Array[],
  retval?: number,
): Outcome {
  return { to, context, messages, retval, closes: false };
}

/** What the dispatcher itself answers. */
const create: Handler = { exchange: sockclntCreate, run: () => [] };
const remove: Handler = { exchange: sockclntDelete, run: () => [] };

/** What tells a client of the socket from one in shared memory. */
const socketClient = 0x8000_0000;

/** Who has registered, by the client_index that their requests carry. */
class Clients {
  /** VPP's listener has the first index. */
  readonly #pool = new Pool<Peer | "listener">();

  /** Nobody yet. */
  constructor() {
    this.#pool.put("listener");
  }

  /** The client's index; the same one if it has registered before. */
  register(peer: Peer): number {
    peer.clientIndex ??= (socketClient | this.#pool.put(peer)) >>> 0;
    return peer.clientIndex;
  }

  /** Forgets a client, whose index the next one gets. */
  forget(peer: Peer): void {
    if (peer.clientIndex === undefined) return;
    this.#pool.free(peer.clientIndex & ~socketClient);
    peer.clientIndex = undefined;
  }

  /** Whom replies to a request with this index go to. */
  find(clientIndex: number): Peer | undefined {
    if ((clientIndex & socketClient) === 0) return undefined;
    const client = this.#pool.get(clientIndex & ~socketClient);
    return client === "listener" ? undefined : client;
  }
}
