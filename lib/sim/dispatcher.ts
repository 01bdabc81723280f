import type { Peer } from "./api.ts";
import type { SimRequest } from "./faults.ts";
import { Reader, Truncated, Writer } from "./fields.ts";
import { type Answer, type Handler, handlers } from "./handlers.ts";
import { encodeUtterance, type MessageTable, type Utterance } from "./message_table.ts";
import { type Message, messages } from "./messages.ts";
import { Pool } from "./pool.ts";
import type { Vpp } from "./vpp.ts";

/** A request with what is needed to carry it out. */
export interface Incoming {
  readonly request: SimRequest;
  readonly peer: Peer;
  readonly clientIndex: number;
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
  readonly #writer = new Writer();
  #received = 0;

  /** `table` is what clients are told, and what ids mean. */
  constructor(vpp: Vpp, table: MessageTable) {
    this.#vpp = vpp;
    this.#table = table;
    const registration = [
      handlerOf(messages.sockclntCreate),
      handlerOf(messages.sockclntDelete),
    ];
    for (const handler of [...handlers, ...registration]) {
      const id = table.id(handler.message);
      if (id !== undefined) this.#handlers.set(id, handler);
    }
  }

  /** What the bytes ask for. Never throws. */
  decode(peer: Peer, bytes: Uint8Array): Incoming {
    const reader = new Reader(bytes);
    const sequence = ++this.#received;
    const common = { sequence, connection: peer.number };
    let name = "";
    try {
      const id = reader.number(2);
      name = this.#table.name(id) ?? "";
      const clientIndex = id === createId ? 0 : reader.number(4);
      const context = reader.number(4);
      const handler = this.#handlers.get(id);
      const fields = handler ? handler.message.codec.read(reader) : {};
      return { request: { ...common, name, context, fields }, peer, clientIndex, handler };
    } catch (error) {
      if (!(error instanceof Truncated)) throw error;
      const request = { ...common, name, context: 0, fields: {} };
      return { request, peer, clientIndex: 0, handler: undefined };
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
    if (handler.message === messages.sockclntCreate) return this.#create(incoming);
    const to = this.#clients.find(clientIndex);
    if (handler.message === messages.sockclntDelete) return this.#delete(incoming, to);
    if (refusal !== undefined) return this.#refuse(incoming, to, refusal);
    const answers = handler.run(this.#vpp, request.fields, clientIndex);
    const first = answers[0]?.fields.retval;
    const replies = answers.map((answer) => this.#encode(answer, request.context));
    return answered(incoming, to, replies, typeof first === "number" ? first : undefined);
  }

  /** The bytes of a message of VPP's own; `asked` is its context unless it says otherwise. */
  utter(utterance: Utterance, asked?: number): Uint8Array {
    return encodeUtterance(utterance, this.#table, asked);
  }

  /** Forgets a client that has gone. */
  forget(peer: Peer): void {
    this.#clients.forget(peer);
  }

  #refuse(incoming: Incoming, to: Peer | undefined, retval: number): Outcome {
    const { name, context } = incoming.request;
    const reply = this.utter({ message: `${name}_reply`, fields: { retval } }, context);
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
    const reply = this.#encode({ message: messages.sockclntDeleteReply, fields }, request.context);
    return { ...answered(incoming, to, [reply]), closes };
  }

  #encode({ message, fields }: Answer, context: number): Uint8Array {
    const writer = this.#writer;
    writer.number(this.#table.id(message) ?? 0, 2);
    writer.number(context, 4);
    message.codec.write(writer, fields);
    return writer.finish();
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

/** A message that the dispatcher itself answers. */
function handlerOf(message: Message): Handler {
  return { message, run: () => [] };
}

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
