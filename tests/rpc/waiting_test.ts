import { create, toBinary, toJsonString } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { encodeEnvelope } from "@connectrpc/connect/protocol";
import assert from "node:assert/strict";
import { ListBackendsRequestSchema, Maglev } from "../../lib/gen/maglev_pb.ts";
import type { H2Request } from "../../lib/h2/mod.ts";
import type { Reply } from "../../lib/rpc/answer.ts";
import { type Rpc, type StreamRpc, takesMany } from "../../lib/rpc/rpc.ts";
import { settle } from "../support/until.ts";
import { ApiBed } from "../api/support/api_bed.ts";
import { CheckerBed } from "../api/support/checker_bed.ts";
import { echoRpcs, echoService } from "./support/echo.ts";
import { smallConfig } from "../api/support/small_config.ts";
import { call, readMessages, requestOf, type Way, ways } from "./support/ways.ts";

const { getBackend, listBackends, watchEvents } = Maglev.method;
const unary = ways.filter((way) => way.unary);
const streams = ways.filter((way) => way.stream);
const grpc = ways[0] ?? assert.fail();

function details(way: Way): Uint8Array {
  const message = create(ListBackendsRequestSchema, { details: true });
  if (!way.json) return toBinary(ListBackendsRequestSchema, message);
  return new TextEncoder().encode(toJsonString(ListBackendsRequestSchema, message));
}

const nothing = (way: Way) => new TextEncoder().encode(way.json ? "{}" : "");

/** Asks, and does not take the answer. */
function hang(api: ApiBed, way: Way, connection: object) {
  const request = requestOf(way, listBackends, details(way), { connection });
  return api.handlers[way.version](request);
}

async function end({ body }: { body?: AsyncIterable<Uint8Array> }): Promise<void> {
  await body?.[Symbol.asyncIterator]().return?.();
}

Deno.test("a thousand who take nothing share one answer for each form, whatever they speak", async () => {
  using api = new ApiBed(new CheckerBed(smallConfig(500)));
  let found = 0;
  const { checker } = api.bed;
  const backend = checker.backend.bind(checker);
  checker.backend = (name) => {
    found++;
    return backend(name);
  };
  const hanging = [];
  for (let i = 0; i < 1000; i++) {
    hanging.push(hang(api, unary[i % unary.length] ?? assert.fail(), {}));
  }
  const responses = await Promise.all(hanging);
  assert.ok(found <= 4 * 500, `looked up ${found} times`);
  // One as protobuf and one as JSON, perhaps made again for who came later.
  assert.ok(api.room.answers.used < 400_000, `${api.room.answers.used}`);
  await Promise.all(responses.map(end));
  assert.deepEqual([api.room.answers.used, api.room.requests.used], [0, 0]);
});

Deno.test("when too much waits the newest is refused, in the words of its protocol", async () => {
  using api = new ApiBed(new CheckerBed(smallConfig(500)), { answers: 60_000 });
  const first = await hang(api, grpc, {});
  assert.ok(api.room.answers.used > 30_000);
  for (const way of unary.filter(({ json }) => json)) {
    const { code, text } = await call(api.handlers, way, listBackends, details(way));
    assert.equal(code, Code.ResourceExhausted, way.name);
    assert.match(text, /bytes of answers wait for clients to take them/);
    const small = await call(api.handlers, way, getBackend, nothing(way));
    assert.equal(small.code, Code.NotFound, way.name);
  }
  assert.ok(api.room.answers.refused >= 3);
  await end(first);
  assert.equal(api.room.answers.used, 0);
  for (const way of unary.filter(({ json }) => !json)) {
    const outcome = await call(api.handlers, way, listBackends, details(way));
    assert.equal(outcome.code, 0, way.name);
    const [list] = readMessages(way, listBackends, outcome);
    assert.ok(list && "backends" in list && Array.isArray(list.backends));
    assert.equal(list.backends.length, 500);
  }
});

Deno.test("what a stream has not been able to send is counted, and ends the stream when too much", async () => {
  for (const way of streams) {
    using api = new ApiBed(new CheckerBed(smallConfig(10)), { answers: 10 });
    const outcome = await call(api.handlers, way, watchEvents, nothing(way));
    assert.equal(outcome.code, Code.ResourceExhausted, way.name);
    assert.deepEqual(outcome.messages, [], way.name);
    assert.deepEqual([api.room.answers.used, api.watching.watchers.used], [0, 0], way.name);
  }
});

Deno.test("streams carry all events in every protocol, and hold none that has left", async () => {
  for (const way of streams) {
    using api = new ApiBed(new CheckerBed(smallConfig(10)));
    const request = requestOf(way, watchEvents, nothing(way));
    const { body } = await api.handlers[way.version](request);
    const parts = body?.[Symbol.asyncIterator]();
    const first = await parts?.next();
    assert.ok(!first?.done && api.room.answers.used > 0, way.name);
    await parts?.return?.();
    assert.equal(api.room.answers.used, 0, way.name);
    const all = await call(api.handlers, way, watchEvents, nothing(way), { most: 12 });
    const names = readMessages(way, watchEvents, all).map((event) =>
      JSON.stringify(event, replacer)
    );
    assert.ok(names.some((text) => text.includes("web9")), way.name);
    assert.equal(api.watching.watchers.used, 0, way.name);
  }
});

function replacer(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

/** A request that has sent `octets` and goes on some day; `abort` ends the wait. */
function halfSent(way: Way, octets: number, connection: object) {
  const abort = Promise.withResolvers<never>();
  // Without a reader nobody waits for it.
  abort.promise.catch(() => {});
  const start = new Uint8Array(octets);
  start.set([0, 0, 0, 0xff, 0xff]);
  async function* body() {
    yield await Promise.resolve(
      way.framing === "text" ? new TextEncoder().encode(start.toBase64()) : start,
    );
    await abort.promise;
  }
  const request: H2Request = {
    ...requestOf(way, getBackend, new Uint8Array(), { connection }),
    body: body(),
  };
  return { request, abort: () => abort.reject(new Error("the client went away")) };
}

Deno.test("requests that never end have their share of each connection, and no more in all", async () => {
  for (const way of unary) {
    using api = new ApiBed(new CheckerBed(), { requests: 1_500_000 });
    const { requests } = api.room;
    const under: { abort: () => void; answer: Promise<unknown> }[] = [];
    for (const connection of [{}, {}, {}]) {
      for (let i = 0; i < 30; i++) {
        const { request, abort } = halfSent(way, 60_000, connection);
        under.push({ abort, answer: api.handlers[way.version](request) });
      }
      for (let turn = 0; turn < 50; turn++) await Promise.resolve();
      assert.ok(requests.used <= 1_500_000, way.name);
    }
    assert.ok(requests.used > 1_300_000, `${way.name}: ${requests.used}`);
    assert.ok(requests.refused > 40, `${way.name}: ${requests.refused}`);
    const { code } = await call(api.handlers, way, getBackend, nothing(way));
    assert.equal(code, Code.NotFound, `${way.name}: who asks for little is answered`);
    for (const { abort } of under) abort();
    await Promise.all(under.map(({ answer }) => answer));
    assert.equal(requests.used, 0, way.name);
  }
});

Deno.test("a request that goes on after its message is held as it was sent, beside the message", async () => {
  const way = ways.find(({ type }) => type === "application/grpc-web+proto") ?? assert.fail();
  const message = new Uint8Array(3000);
  message.set([0, 0, 0, 2995 >> 8, 2995 & 255]);
  const gate = Promise.withResolvers<void>();
  async function* body() {
    yield message;
    await gate.promise;
  }
  using api = new ApiBed();
  const request = { ...requestOf(way, getBackend, new Uint8Array()), body: body() };
  const answer = api.handlers[way.version](request);
  await settle(2);
  assert.equal(api.room.requests.used, 3 * 3000);
  gate.resolve();
  await end(await answer);
  assert.equal(api.room.requests.used, 0);
});

const bidi = echoService.methods[1] ?? assert.fail();
const twoWay = ways.filter((way) => way.stream && !way.json && way.version === "http2");

/** A call that has sent `octets` and goes on some day. */
async function talk(api: ApiBed, way: Way, octets: Uint8Array) {
  const gate = Promise.withResolvers<void>();
  async function* body() {
    yield way.framing === "text" ? new TextEncoder().encode(octets.toBase64()) : octets;
    await gate.promise;
  }
  const request = { ...requestOf(way, bidi, new Uint8Array()), body: body() };
  const response = await api.handlers[way.version](request);
  const parts = response.body?.[Symbol.asyncIterator]() ?? assert.fail();
  return { parts, hangUp: () => gate.resolve() };
}

Deno.test("a conversation is answered message by message", async () => {
  for (const way of twoWay) {
    using api = new ApiBed(new CheckerBed(), {}, echoRpcs());
    const word = encodeEnvelope(0, Uint8Array.of(10, 1, 7));
    const { parts, hangUp } = await talk(api, way, word);
    const { value, done } = await parts.next();
    assert.ok(!done);
    const said = way.framing === "text"
      ? Uint8Array.fromBase64(new TextDecoder().decode(value))
      : value;
    assert.deepEqual(said, word, way.name);
    hangUp();
    while (!(await parts.next()).done);
    assert.deepEqual([api.room.requests.used, api.room.answers.used], [0, 0], way.name);
  }
});

Deno.test("a conversation that is left, or over, holds nothing of what was half said", async () => {
  const first = echoRpcs().map((rpc): Rpc => {
    if (rpc.kind === "unary" || !takesMany(rpc)) return rpc;
    const call: StreamRpc["call"] = (...args) => take(rpc.call(...args), 1);
    return { ...rpc, call };
  });
  const half = Uint8Array.of(...encodeEnvelope(0, Uint8Array.of(10, 1, 7)), 0, 0, 0, 9, 9, 9);
  for (const way of twoWay) {
    for (const [how, rpcs] of [["left", echoRpcs()], ["over", first]] as const) {
      using api = new ApiBed(new CheckerBed(), {}, rpcs);
      const { parts, hangUp } = await talk(api, way, half);
      assert.ok(!(await parts.next()).done);
      assert.ok(api.room.requests.used > 0);
      if (how === "left") void parts.return?.();
      else while (!(await parts.next()).done);
      await settle(2);
      assert.equal(api.room.requests.used, 0, `${way.name} ${how}`);
      hangUp();
    }
  }
});

async function* take(replies: AsyncIterable<Reply>, count: number): AsyncIterable<Reply> {
  for await (const reply of replies) {
    yield reply;
    if (--count === 0) return;
  }
}
