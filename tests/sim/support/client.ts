import {
  answerOf,
  type Call,
  decodeMessage,
  type Dump,
  encodeMessage,
  type Message,
  type MessageHeader,
  nameCrc,
  readHeader,
  type Values,
  WireReader,
  WireWriter,
} from "../../../lib/binapi/mod.ts";
import { cliInband, controlPing, sockclntCreate } from "../../../lib/gen/vpp.ts";
import { clientFrame, RawClient } from "./raw_client.ts";

/** A reply: its message's name, all of it, and what follows the context. */
export interface Reply {
  readonly name: string;
  readonly context: number;
  readonly payload: Uint8Array;
  readonly bytes: Uint8Array;
}

/** A client that knows the messages, one request at a time unless told otherwise. */
export class Client implements Disposable {
  readonly raw: RawClient;
  readonly ids = new Map<string, number>();
  readonly #names = new Map<number, string>();
  clientIndex = 0;
  #context = 100;

  private constructor(raw: RawClient) {
    this.raw = raw;
  }

  /** Connects and registers. */
  static async connect(path: string): Promise<Client> {
    const client = new Client(await RawClient.connect(path));
    const greeting = { id: 15, clientIndex: 0, context: 1 };
    await client.raw.send(clientFrame(encoded(sockclntCreate.request, greeting, { name: "test" })));
    const reply = await client.raw.receive();
    if (!reply) throw new Error("no reply to sockclnt_create");
    const { value } = decodeMessage(sockclntCreate.reply, reply.payload);
    client.clientIndex = value.index;
    for (const { index, name } of value.message_table) {
      client.ids.set(name, index);
      client.#names.set(index, name);
    }
    return client;
  }

  /** The bytes of a request. */
  encode<Q extends Values>(
    { request }: { readonly request: Message<Q> },
    fields: Q,
    context = ++this.#context,
  ): Uint8Array {
    const id = this.ids.get(nameCrc(request)) ?? 0xffff;
    return encoded(request, { id, clientIndex: this.clientIndex, context }, fields);
  }

  async send<Q extends Values>(
    exchange: { readonly request: Message<Q> },
    fields: Q,
  ): Promise<void> {
    await this.raw.send(clientFrame(this.encode(exchange, fields)));
  }

  /** The next reply, or undefined when VPP hangs up. */
  async receive(): Promise<Reply | undefined> {
    const frame = await this.raw.receive();
    if (!frame) return undefined;
    const { payload } = frame;
    const { id, context } = readHeader(new WireReader(payload), "context");
    const name = this.#names.get(id) ?? "";
    return { name, context, payload, bytes: payload.slice(6) };
  }

  /** Sends a request and decodes the next message as its reply. */
  async request<Q extends Values, P extends Values>(call: Call<Q, P>, fields: Q): Promise<P> {
    await this.send(call, fields);
    return await this.expect(call);
  }

  /** The next message, which must be the reply to this kind of request. */
  async expect<P extends Values>({ reply }: Pick<Call<Values, P>, "reply">): Promise<P> {
    const received = await this.receive();
    if (received?.name !== nameCrc(reply)) {
      throw new Error(`expected ${nameCrc(reply)}, got ${received?.name ?? "the end"}`);
    }
    return decodeMessage(reply, received.payload).value;
  }

  /** Everything up to the reply to a ping sent behind. */
  async dump<Q extends Values, P extends Values>(
    dump: Dump<Q, P>,
    filter: Q | Uint8Array,
  ): Promise<P[]> {
    await this.raw.send(
      clientFrame(filter instanceof Uint8Array ? filter : this.encode(dump, filter)),
    );
    await this.send(controlPing, {});
    const result: P[] = [];
    for (;;) {
      const reply = await this.receive();
      if (reply?.name === nameCrc(controlPing.reply)) return result;
      if (reply?.name !== nameCrc(answerOf(dump))) throw new Error(`unexpected ${reply?.name}`);
      result.push(decodeMessage(dump.details, reply.payload).value);
    }
  }

  /** Whether VPP answers a ping, which also tells that it has not answered anything before. */
  async expectNothingButPing(): Promise<void> {
    await this.request(controlPing, {});
  }

  /** Runs a CLI command. */
  async cli(cmd: string): Promise<{ retval: number; reply: string }> {
    return await this.request(cliInband, { cmd });
  }

  [Symbol.dispose](): void {
    this.raw[Symbol.dispose]();
  }
}

function encoded<T extends Values>(message: Message<T>, header: MessageHeader, value: T) {
  const writer = new WireWriter();
  encodeMessage(writer, message, header, value);
  return writer.written();
}
