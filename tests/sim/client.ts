import { Reader, Writer } from "../../lib/sim/fields.ts";
import { type Fields, type Message, messages } from "../../lib/sim/messages.ts";
import { clientFrame, RawClient } from "./raw_client.ts";

/** A reply: its message's name and what follows the context. */
export interface Reply {
  readonly name: string;
  readonly context: number;
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
    const writer = new Writer();
    writer.number(15, 2);
    writer.number(1, 4);
    messages.sockclntCreate.codec.write(writer, { name: "test" });
    await client.raw.send(clientFrame(writer.finish()));
    const reply = await client.raw.receive();
    if (!reply) throw new Error("no reply to sockclnt_create");
    const table = messages.sockclntCreateReply.codec.read(new Reader(reply.payload, 10));
    client.clientIndex = table.index;
    for (const { index, name } of table.message_table) {
      client.ids.set(name, index);
      client.#names.set(index, name);
    }
    return client;
  }

  /** The bytes of a request. */
  encode<M extends Message>(message: M, fields: Fields<M>, context = ++this.#context): Uint8Array {
    const writer = new Writer();
    writer.number(this.ids.get(message.nameCrc) ?? 0xffff, 2);
    writer.number(this.clientIndex, 4);
    writer.number(context, 4);
    message.codec.write(writer, fields);
    return writer.finish();
  }

  async send<M extends Message>(message: M, fields: Fields<M>): Promise<void> {
    await this.raw.send(clientFrame(this.encode(message, fields)));
  }

  /** The next reply, or undefined when VPP hangs up. */
  async receive(): Promise<Reply | undefined> {
    const frame = await this.raw.receive();
    if (!frame) return undefined;
    const reader = new Reader(frame.payload);
    const name = this.#names.get(reader.number(2)) ?? "";
    return { name, context: reader.number(4), bytes: frame.payload.slice(6) };
  }

  /** Sends a request and decodes the next message as its reply. */
  async request<M extends Message, R extends Message>(
    message: M,
    fields: Fields<M>,
    reply: R,
  ): Promise<Fields<R>> {
    await this.send(message, fields);
    return await this.expect(reply);
  }

  /** The next message, which must be of this kind. */
  async expect<R extends Message>(reply: R): Promise<Fields<R>> {
    const received = await this.receive();
    if (received?.name !== reply.nameCrc) {
      throw new Error(`expected ${reply.nameCrc}, got ${received?.name ?? "the end"}`);
    }
    return reply.codec.read(new Reader(received.bytes));
  }

  /** Everything up to the reply to a ping sent behind. */
  async dump<M extends Message, R extends Message>(
    message: M,
    fields: Fields<M>,
    details: R,
  ): Promise<Fields<R>[]> {
    await this.send(message, fields);
    await this.send(messages.controlPing, {});
    const result: Fields<R>[] = [];
    for (;;) {
      const reply = await this.receive();
      if (reply?.name === messages.controlPingReply.nameCrc) return result;
      if (reply?.name !== details.nameCrc) throw new Error(`unexpected ${reply?.name}`);
      result.push(details.codec.read(new Reader(reply.bytes)));
    }
  }

  /** Whether VPP answers a ping, which also tells that it has not answered anything before. */
  async expectNothingButPing(): Promise<void> {
    await this.request(messages.controlPing, {}, messages.controlPingReply);
  }

  /** Runs a CLI command. */
  async cli(cmd: string): Promise<{ retval: number; reply: string }> {
    return await this.request(messages.cliInband, { cmd }, messages.cliInbandReply);
  }

  [Symbol.dispose](): void {
    this.raw[Symbol.dispose]();
  }
}
