import assert from "node:assert/strict";
import fc from "fast-check";
import { Code } from "@connectrpc/connect";
import { encodeEnvelope } from "@connectrpc/connect/protocol";
import { Budget } from "../../lib/port/budget.ts";
import { envelopes, Intake, lastEnvelope, whole } from "../../lib/rpc/intake.ts";
import { callBudgets } from "../../lib/rpc/limits.ts";

const seed = 20261121;

async function* pieces(bytes: Uint8Array, lengths: readonly number[]): AsyncIterable<Uint8Array> {
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length] ?? 1;
    yield bytes.slice(at, at + length);
    at += length;
    await Promise.resolve();
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  return await Array.fromAsync(items);
}

/** Room for messages of `maxBytes`, with what they take counted in `used`. */
function room(maxBytes: number, used = new Budget({ ...callBudgets.requests, limit: 1e9 })) {
  const meter = new Intake(used, 1e9).open({});
  return { maxBytes, meter };
}

const splits = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 });
const messages = fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 12 });

Deno.test("messages come out whole however their bytes are split", async () => {
  await fc.assert(
    fc.asyncProperty(messages, splits, async (contents, lengths) => {
      const framed = contents.map((each) => encodeEnvelope(0, new Uint8Array(each)));
      const read = await collect(envelopes(pieces(concat(framed), lengths), room(10_000)));
      assert.deepEqual(read, framed);
    }),
    { seed, numRuns: 100 },
  );
});

Deno.test("what is left over at the end comes out as it is", async () => {
  const bytes = concat([
    encodeEnvelope(0, new Uint8Array([1])),
    new Uint8Array([0, 0, 0, 0, 9, 7]),
  ]);
  const read = await collect(envelopes(pieces(bytes, [2]), room(100)));
  assert.deepEqual(read[1], new Uint8Array([0, 0, 0, 0, 9, 7]));
});

Deno.test("a message that announces too much is refused before it arrives", async () => {
  const head = new Uint8Array([0, 0xff, 0xff, 0xff, 0xff]);
  await assert.rejects(
    collect(envelopes(pieces(head, [5]), room(1000))),
    /message of 4294967295 bytes is larger than the limit of 1000/,
  );
});

Deno.test("a body without framing comes in one piece, or is refused when too large", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), splits, async (bytes, lengths) => {
      assert.deepEqual(await collect(whole(pieces(bytes, lengths), room(5000))), [
        new Uint8Array(bytes),
      ]);
    }),
    { seed, numRuns: 100 },
  );
  await assert.rejects(
    collect(whole(pieces(new Uint8Array(11), [3]), room(10))),
    /larger than the limit/,
  );
});

Deno.test("a megabyte in single bytes is gathered in time that grows with its length", async () => {
  const framed = encodeEnvelope(0, new Uint8Array(1 << 20));
  const [read] = await collect(envelopes(pieces(framed, [1]), room(1 << 21)));
  assert.equal(read?.length, framed.length);
});

Deno.test("what is gathered is counted as it grows, and no more than a message is reserved", async () => {
  const used = new Budget({ ...callBudgets.requests, limit: 1e9 });
  const seen: number[] = [];
  async function* body(length: number, step: number) {
    for (let at = 0; at < length; at += step) {
      yield await Promise.resolve(new Uint8Array(step));
      seen.push(used.used);
    }
  }
  for await (const _ of whole(body(5000, 1000), room(5000, used)));
  assert.deepEqual(seen, [2000, 2000, 5000, 5000, 5000]);
  assert.equal(used.used, 0);
  seen.length = 0;
  for await (const _ of whole(body(100, 50), room(5000, used)));
  assert.deepEqual(seen, [1024, 1024]);
  await assert.rejects(collect(whole(body(6000, 1000), room(5000, used))));
  assert.equal(used.used, 0);
});

Deno.test("a message that is not the last thing to come is held as it was sent, and counted", async () => {
  const used = new Budget({ ...callBudgets.requests, limit: 1e9 });
  const framed = encodeEnvelope(0, new Uint8Array(3000));
  const asked = Promise.withResolvers<void>();
  const more = Promise.withResolvers<void>();
  async function* body() {
    yield framed;
    asked.resolve();
    await more.promise;
  }
  const read = collect(lastEnvelope(body(), room(10_000, used)));
  await asked.promise;
  assert.equal(used.used, 2 * framed.length + framed.length);
  more.resolve();
  assert.deepEqual(await read, [framed]);
  assert.equal(used.used, 0);
  const two = await collect(lastEnvelope(pieces(concat([framed, framed]), [7000]), room(10_000)));
  assert.deepEqual(two, [framed, framed]);
});

Deno.test("who has no room is refused, and what was counted is given back", async () => {
  const used = new Budget({ ...callBudgets.requests, limit: 3000 });
  await assert.rejects(
    collect(whole(pieces(new Uint8Array(4000), [500]), room(5000, used))),
    /resource_exhausted.*too many bytes of unfinished requests/,
  );
  assert.deepEqual([used.used, used.refused], [0, 1]);
  const { meter } = room(1, used);
  meter.close();
  meter.grow(9999);
  meter.close();
  assert.deepEqual([used.used, used.refused], [0, 1]);
});

Deno.test("a message comes out when it is there, not when more comes", async () => {
  const messages = [0, 1, 300].map((length) => encodeEnvelope(0, new Uint8Array(length)));
  const body = new TransformStream<Uint8Array, Uint8Array>();
  const writer = body.writable.getWriter();
  const read = envelopes(body.readable, room(1000))[Symbol.asyncIterator]();
  for (const message of messages) {
    const next = read.next();
    await writer.write(message);
    assert.deepEqual((await next).value, message);
  }
  const last = read.next();
  await writer.close();
  assert.equal((await last).done, true);
});

Deno.test("of an empty body nothing comes, and of one octet this octet", async () => {
  for (const read of [envelopes, lastEnvelope]) {
    assert.deepEqual(await collect(read(pieces(new Uint8Array(), [1]), room(10))), []);
    const octet = Uint8Array.of(7);
    assert.deepEqual(await collect(read(pieces(octet, [1]), room(10))), [octet]);
  }
});

Deno.test("what a message announces is read as the protocols have it", async () => {
  for (const [octets, length] of [[[1, 2, 3, 4], 16_909_060], [[0, 128, 0, 1], 8_388_609]]) {
    const head = Uint8Array.of(0, ...octets as number[]);
    await assert.rejects(
      collect(envelopes(pieces(head, [5]), room(1000))),
      new RegExp(`message of ${length} bytes`),
    );
  }
});

Deno.test("what was taken makes room for what comes, before more is reserved", async () => {
  const used = new Budget({ ...callBudgets.requests, limit: 1e9 });
  const framed = [495, 1019, 1].map((length, i) =>
    encodeEnvelope(0, new Uint8Array(length).fill(i + 1))
  );
  const bytes = concat(framed);
  const seen: number[] = [];
  async function* body() {
    for (const [from, to] of [[0, 450], [450, 600], [600, 1524], [1524, 1530]]) {
      yield await Promise.resolve(bytes.slice(from, to));
      seen.push(used.used);
    }
  }
  assert.deepEqual(await collect(envelopes(body(), room(10_000, used))), framed);
  assert.deepEqual(seen, [1024, 1024, 1024, 1024]);
});

Deno.test("what a request holds is counted until it is closed, once, and nothing after", () => {
  const budget = new Budget({ ...callBudgets.requests, limit: 100 });
  const intake = new Intake(budget, 60);
  assert.equal(intake.room, budget);
  const connection = {};
  const [one, two] = [intake.open(connection), intake.open(connection)];
  one.grow(30);
  one.grow(10);
  two.grow(20);
  assert.equal(budget.used, 60);
  assert.throws(() => two.grow(1), {
    code: Code.ResourceExhausted,
    rawMessage: "too many bytes of unfinished requests: finish those, or ask again later",
  });
  one.close();
  one.close();
  one.grow(10);
  one.close();
  assert.equal(budget.used, 20);
  two.grow(40);
  two.close();
  assert.deepEqual([budget.used, budget.refused], [0, 1]);
});

Deno.test("a connection gets no more than its share, and all no more than there is", () => {
  const budget = new Budget({ ...callBudgets.requests, limit: 10 });
  const intake = new Intake(budget, 6);
  const [one, two] = [{}, {}];
  assert.deepEqual([intake.take(one, 6), intake.take(one, 1), budget.refused], [true, false, 1]);
  assert.deepEqual([intake.take(two, 5), budget.used, budget.refused], [false, 6, 2]);
  assert.ok(intake.take(two, 4));
  intake.give(one, 6);
  assert.deepEqual([intake.take(two, 2), intake.take(two, 1), budget.used], [true, false, 6]);
});
