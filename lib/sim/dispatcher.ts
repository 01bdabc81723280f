import { Clients } from "./clients.ts";
import type { Connection } from "./connection.ts";
import type { SimRequest } from "./faults.ts";
import { Reader, Truncated, Writer } from "./fields.ts";
import { type Answer, type Handler, handlers } from "./handlers.ts";
import type { TableEntry } from "./message_table.ts";
import { type Message, messages } from "./messages.ts";
import type { Vpp } from "./vpp.ts";

/** A request with what is needed to carry it out. */
export interface Incoming {
  readonly request: SimRequest;
  readonly connection: Connection;
  readonly clientIndex: number;
  /** Undefined for what gets no reply: an unknown id, or a message that is too short. */
  readonly handler: Handler | undefined;
}

/** What came of a request. */
export interface Outcome {
  /** Undefined for a client_index that nobody has: then there is no reply. */
  readonly to: Connection | undefined;
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
  readonly #table: readonly TableEntry[];
  readonly #handlers = new Map<number, Handler>();
  readonly #ids = new Map<string, number>();
  readonly #names = new Map<number, string>();
  readonly #clients = new Clients();
  readonly #writer = new Writer();
  #received = 0;

  /** `table` is what clients are told, and what ids mean. */
  constructor(vpp: Vpp, table: readonly TableEntry[]) {
    this.#vpp = vpp;
    this.#table = table;
    for (const { id, nameCrc } of table) {
      this.#ids.set(nameCrc, id);
      this.#names.set(id, nameCrc.slice(0, nameCrc.lastIndexOf("_")));
    }
    const registration = [
      handlerOf(messages.sockclntCreate),
      handlerOf(messages.sockclntDelete),
    ];
    for (const handler of [...handlers, ...registration]) {
      const id = this.#ids.get(handler.message.nameCrc);
      if (id !== undefined) this.#handlers.set(id, handler);
    }
  }

  /** What the bytes ask for. Never throws. */
  decode(connection: Connection, bytes: Uint8Array): Incoming {
    const reader = new Reader(bytes);
    const sequence = ++this.#received;
    const common = { sequence, connection: connection.number };
    let name = "";
    try {
      const id = reader.number(2);
      name = this.#names.get(id) ?? "";
      const clientIndex = id === createId ? 0 : reader.number(4);
      const context = reader.number(4);
      const handler = this.#handlers.get(id);
      const fields = handler ? handler.message.codec.read(reader) : {};
      return { request: { ...common, name, context, fields }, connection, clientIndex, handler };
    } catch (error) {
      if (!(error instanceof Truncated)) throw error;
      const request = { ...common, name, context: 0, fields: {} };
      return { request, connection, clientIndex: 0, handler: undefined };
    }
  }

  /**
   * Does what was asked and says what to reply; with `refusal`, does nothing and replies with
   * that value. Throws VppCrash. As in VPP, a request with an unknown client_index is carried out
   * although nobody hears of it.
   */
  carryOut(incoming: Incoming, refusal?: number): Outcome {
    const { handler, connection, clientIndex, request } = incoming;
    if (!handler) return { to: undefined, messages: [], retval: undefined, closes: false };
    if (handler.message === messages.sockclntCreate) return this.#create(incoming);
    const to = this.#clients.find(clientIndex);
    if (handler.message === messages.sockclntDelete) return this.#delete(incoming, to);
    const answers = refusal === undefined
      ? handler.run(this.#vpp, request.fields, clientIndex)
      : [refused(handler.message, refusal)];
    return this.#outcome(to, answers, request.context, connection.closed);
  }

  /** Forgets a client that has gone. */
  forget(connection: Connection): void {
    this.#clients.forget(connection);
  }

  #create({ connection, request }: Incoming): Outcome {
    const index = this.#clients.register(connection);
    const answer: Answer = {
      message: messages.sockclntCreateReply,
      fields: {
        response: 0,
        index,
        message_table: this.#table.map(({ id, nameCrc }) => ({ index: id, name: nameCrc })),
      },
    };
    return this.#outcome(connection, [answer], request.context, false);
  }

  #delete({ request }: Incoming, to: Connection | undefined): Outcome {
    const answer = { message: messages.sockclntDeleteReply, fields: { response: 1 } };
    if (to) this.#clients.forget(to);
    return this.#outcome(to, [answer], request.context, true);
  }

  #outcome(
    to: Connection | undefined,
    answers: readonly Answer[],
    context: number,
    closes: boolean,
  ): Outcome {
    const first = answers[0]?.fields.retval;
    return {
      to,
      messages: answers.map((answer) => this.#encode(answer, context)),
      retval: typeof first === "number" ? first : undefined,
      closes,
    };
  }

  #encode({ message, fields }: Answer, context: number): Uint8Array {
    const writer = this.#writer;
    writer.number(this.#ids.get(message.nameCrc) ?? 0, 2);
    // The only reply with a client_index, which is always 0: the one to use is in `index`.
    if (message === messages.sockclntCreateReply) writer.number(0, 4);
    writer.number(context, 4);
    message.codec.write(writer, fields);
    return writer.finish();
  }
}

/** A message that the dispatcher itself answers. */
function handlerOf(message: Message): Handler {
  return { message, run: () => [] };
}

/** The reply to `message` with this value and zeros. */
function refused(message: Message, retval: number): Answer {
  const reply = Object.values(messages).find(({ name }) => name === `${message.name}_reply`);
  if (!reply) throw new Error(`${message.name} has no reply that could carry a return value`);
  const zeros = reply.codec.read(new Reader(new Uint8Array(4096)));
  return { message: reply, fields: { ...zeros, retval } };
}
