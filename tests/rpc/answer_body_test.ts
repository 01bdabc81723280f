import type { UniversalServerResponse } from "@connectrpc/connect/protocol";
import { encodeEnvelope } from "@connectrpc/connect/protocol";
import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import { Answer } from "../../lib/rpc/answer.ts";
import { AnswerSlot, withAnswers } from "../../lib/rpc/answer_slot.ts";
import { countedRoom } from "./roomy.ts";

const compressMinBytes = 100;

/** A slot with answers of these lengths in it, and what is held for it. */
function setUp(...lengths: readonly number[]) {
  const { outbox, answers: budget } = countedRoom();
  const slot = new AnswerSlot({}, { outbox, writeMaxBytes: 10_000 });
  const answers = lengths.map((length) => new Answer(new Uint8Array(length).fill(7)));
  for (const answer of answers) slot.put(answer);
  const told = { ended: 0 };
  const wrap = (
    response: UniversalServerResponse,
    protocol: "unary" | "enveloped",
    gzip = false,
  ) => withAnswers(response, slot, protocol, { gzip, compressMinBytes }, () => told.ended++);
  return { budget, slot, answers, told, wrap };
}

/** Envelopes as Connect's handlers write them, and whether they were let go. */
class Envelopes implements AsyncIterableIterator<Uint8Array> {
  returned = 0;
  /** What happens when they are let go. */
  onReturn: () => Promise<void> = () => Promise.resolve();
  readonly #left: Uint8Array[];

  constructor(...flags: readonly number[]) {
    this.#left = flags.map((flag) => encodeEnvelope(flag, new Uint8Array(flag === 0 ? 0 : 3)));
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    const value = this.#left.shift();
    return Promise.resolve(value ? { done: false, value } : { done: true, value: undefined });
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    this.returned++;
    await this.onReturn();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

function bodyOf({ body }: UniversalServerResponse): AsyncIterator<Uint8Array> {
  return body?.[Symbol.asyncIterator]() ?? assert.fail("no body");
}

async function octets(body: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  const { value, done } = await body.next();
  return done ? assert.fail("the body has ended") : value;
}

Deno.test("a unary answer is the whole body, with its length, and held until it has left", async () => {
  const { budget, answers, told, wrap } = setUp(50);
  const header = new Headers({ "content-type": "application/proto", "content-encoding": "gzip" });
  const response = await wrap({ status: 200, header, body: new Envelopes(0) }, "unary");
  assert.deepEqual([...response.header ?? []], [
    ["content-length", "50"],
    ["content-type", "application/proto"],
  ]);
  assert.equal(header.get("content-encoding"), "gzip", "the header of the handler's is its own");
  const body = bodyOf(response);
  assert.deepEqual(await octets(body), answers[0]?.message);
  assert.deepEqual([told.ended, budget.used], [1, 55]);
  assert.equal((await body.next()).done, true);
  assert.equal(budget.used, 0);
});

Deno.test("a unary answer is compressed for who takes it, from the least size on", async () => {
  for (const [length, gzip, packed] of [[99, true, 0], [100, true, 1], [100, false, 0]] as const) {
    const { wrap } = setUp(length);
    const response = await wrap({ status: 200 }, "unary", gzip);
    assert.equal(response.header?.get("content-encoding"), packed ? "gzip" : null);
    const sent = await octets(bodyOf(response));
    assert.equal(response.header?.get("content-length"), String(sent.length));
    assert.equal((packed ? gunzipSync(sent) : sent).length, length);
  }
});

Deno.test("an error without framing is as the handler has it, and its answer is let go", async () => {
  const { budget, slot, told, wrap } = setUp(50);
  const failed = { status: 404, body: new Envelopes(0) };
  assert.equal(await wrap(failed, "unary"), failed);
  assert.deepEqual([budget.used, slot.take(), told.ended], [0, undefined, 1]);
  const { wrap: wrapNothing } = setUp();
  const empty = { status: 200, body: new Envelopes(0) };
  assert.equal(await wrapNothing(empty, "unary"), empty);
});

Deno.test("a stream's response without a body is over at once", async () => {
  const { told, wrap } = setUp();
  const response = { status: 200 };
  assert.equal(await wrap(response, "enveloped"), response);
  assert.equal(told.ended, 1);
});

Deno.test("envelopes stand for answers, one held at a time, and their ends for themselves", async () => {
  for (const end of [0x02, 0x80]) {
    const { budget, answers, told, wrap } = setUp(10, 20);
    const envelopes = new Envelopes(0, 0, 0, end);
    const body = bodyOf(await wrap({ status: 200, body: envelopes }, "enveloped"));
    assert.equal(told.ended, 0);
    assert.equal(await octets(body), answers[0]?.envelope);
    assert.equal(budget.used, 15 + 25);
    assert.equal(await octets(body), answers[1]?.envelope);
    assert.equal(budget.used, 25);
    assert.deepEqual(await octets(body), encodeEnvelope(0, new Uint8Array()), "no answer for it");
    assert.equal(budget.used, 0);
    assert.deepEqual(await octets(body), encodeEnvelope(end, new Uint8Array(3)));
    assert.equal(told.ended, 0);
    assert.deepEqual(await body.next(), { done: true, value: undefined });
    assert.equal(told.ended, 1);
  }
});

Deno.test("the end of a stream is no place for an answer that is left", async () => {
  const { budget, slot, wrap } = setUp(10);
  const body = bodyOf(await wrap({ status: 200, body: new Envelopes(0x80) }, "enveloped"));
  assert.equal((await octets(body))[0], 0x80);
  assert.equal(budget.used, 15);
  slot.clear();
});

Deno.test("messages of a stream are compressed if its header says so", async () => {
  const table: [name: string, value: string, length: number, flag: number][] = [
    ["grpc-encoding", "gzip", 100, 1],
    ["grpc-encoding", "gzip", 99, 0],
    ["connect-content-encoding", "gzip", 100, 1],
    ["grpc-encoding", "identity", 100, 0],
    ["content-encoding", "gzip", 100, 0],
  ];
  for (const [name, value, length, flag] of table) {
    const { wrap, slot } = setUp(length);
    const header = new Headers({ [name]: value });
    const response = { status: 200, header, body: new Envelopes(0) };
    // What unary clients say of themselves is nothing to a stream.
    const body = bodyOf(await wrap(response, "enveloped", flag === 0));
    assert.equal((await octets(body))[0], flag, `${name}: ${value}`);
    await body.return?.();
    slot.clear();
  }
});

Deno.test("who returns lets go of all at once, of what comes late, and of the handler", async () => {
  const { budget, slot, told, wrap } = setUp(10, 20);
  const envelopes = new Envelopes(0, 0, 0);
  const body = bodyOf(await wrap({ status: 200, body: envelopes }, "enveloped"));
  await octets(body);
  const gate = Promise.withResolvers<void>();
  envelopes.onReturn = async () => {
    await gate.promise;
    slot.put(new Answer(new Uint8Array(30)));
  };
  const returned = body.return?.();
  assert.deepEqual([budget.used, told.ended, envelopes.returned], [0, 1, 1]);
  gate.resolve();
  assert.deepEqual(await returned, { done: true, value: undefined });
  assert.deepEqual([budget.used, told.ended, envelopes.returned], [0, 1, 1]);
});
