import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import assert from "node:assert/strict";
import { HealthCheckResponseSchema } from "../../lib/gen/grpc/health/v1/health_pb.ts";
import { Answer, answerOf, type Polling, type Reply } from "../../lib/rpc/answer.ts";
import { StreamBody } from "../../lib/rpc/stream_body.ts";
import { countedRoom } from "./support/roomy.ts";

/** Replies that are at hand, and then an end. */
class Answers implements Polling<Reply> {
  returned = 0;

  constructor(readonly left: Reply[], private readonly error?: unknown) {}

  next(): Promise<IteratorResult<Reply>> {
    const value = this.left.shift();
    if (value) return Promise.resolve({ done: false, value });
    if (this.error) return Promise.reject(this.error);
    return Promise.resolve({ done: true, value: undefined });
  }

  poll(): Reply | undefined {
    return this.left.shift();
  }

  return(): Promise<IteratorResult<Reply>> {
    this.returned++;
    return Promise.resolve({ done: true, value: undefined });
  }
}

const last = Uint8Array.of(0x80);

interface Limits {
  readonly answers?: number;
  readonly compressMinBytes?: number;
  /** What the body ends with. */
  readonly end?: Uint8Array;
  /** Whether replies are written as protobuf. */
  readonly binary?: boolean;
}

const schema = HealthCheckResponseSchema;

function bodyOf(
  answers: Polling<Reply>,
  { compressMinBytes = Infinity, end, binary = true, ...room }: Limits,
) {
  const { outbox, answers: budget } = countedRoom(room);
  const counts = { closed: 0 };
  const failures: string[] = [];
  const body = new StreamBody(answers, {
    write: (reply) => answerOf(schema, reply, binary),
    hold: { outbox, connection: {}, writeMaxBytes: 30_000, compressMinBytes },
    end: () => end,
    failed: (error) => failures.push(error.rawMessage),
    closed: () => counts.closed++,
  });
  return { body, budget, counts, failures };
}

function setUp(
  lengths: readonly number[],
  { error, ...limits }: Limits & { error?: unknown } = {},
) {
  const all = lengths.map((length) => new Answer(new Uint8Array(length)));
  const answers = new Answers([...all], error);
  return { all, answers, ...bodyOf(answers, limits) };
}

Deno.test("replies are written as their call has them, read or polled, unless they are written", async () => {
  const message = create(schema, { status: 1 });
  const text = new TextEncoder().encode('{"status":"SERVING"}');
  for (const binary of [true, false]) {
    const written = new Answer(Uint8Array.of(7));
    const body = bodyOf(new Answers([message, message, written]), { binary }).body;
    const own = binary ? [0, 0, 0, 0, 2, 8, 1] : [0, 0, 0, 0, text.length, ...text];
    assert.deepEqual([...(await body.next()).value ?? []], [...own, ...own, ...written.envelope]);
    assert.equal((await body.next()).done, true);
  }
});

Deno.test("a source that cannot be let go costs nobody but its own stream", async () => {
  const { body, failures } = bodyOf({
    next: () => Promise.resolve({ done: false, value: new Answer(new Uint8Array(1)) }),
    return: () => Promise.reject(new Error("stuck")),
  }, { answers: 5, end: last });
  assert.equal((await body.next()).value, last);
  for (let round = 0; round < 5; round++) await Promise.resolve();
  assert.equal(body.error?.code, Code.ResourceExhausted);
  assert.deepEqual(failures, [body.error?.rawMessage, "internal error"]);
});

Deno.test("answers at hand go together up to a frame, and a long one is not copied", async () => {
  const { all, body, budget } = setUp([10, 16_354 - 10, 1, 20_000, 5]);
  const sizes: number[] = [];
  const seen: Uint8Array[] = [];
  for (let result = await body.next(); !result.done; result = await body.next()) {
    sizes.push(result.value.length);
    seen.push(result.value);
    assert.equal(budget.used, result.value.length, "one chunk is held at a time");
  }
  assert.deepEqual(sizes, [15 + 16_344 + 5 + 6, 20_005, 10]);
  assert.equal(seen[1], all[3]?.envelope);
  assert.equal(seen[2], all[4]?.envelope);
  assert.equal(budget.used, 0);
});

Deno.test("what is worth compressing goes alone, compressed once for all", async () => {
  const { all, body } = setUp([10, 100, 99, 100], { compressMinBytes: 100 });
  const packed = [await all[1]?.gzipped(), await all[3]?.gzipped()];
  const expected = [all[0]?.envelope, packed[0], all[2]?.envelope, packed[1]];
  for (const octets of expected) assert.equal((await body.next()).value, octets);
  assert.equal((await body.next()).done, true);
});

Deno.test("the end of a body comes once, after all answers or the error", async () => {
  for (const error of [undefined, new ConnectError("gone", Code.Unavailable)]) {
    const { body, counts } = setUp([1], { error, end: last });
    await body.next();
    assert.equal((await body.next()).value, last);
    assert.deepEqual([await body.next(), counts.closed, body.error], [
      { done: true, value: undefined },
      1,
      error,
    ]);
  }
});

Deno.test("an end is told once, and stays", async () => {
  const { body, counts } = setUp([1]);
  await body.next();
  for (let i = 0; i < 2; i++) assert.equal((await body.next()).done, true);
  await body.return();
  assert.deepEqual([counts.closed, body.error], [1, undefined]);
});

Deno.test("who returns lets go of what is held, and of the answers", async () => {
  const { answers, body, budget, counts } = setUp([20_000, 20_000], { end: last });
  await body.next();
  assert.equal(budget.used, 20_005);
  await body.return();
  assert.deepEqual([budget.used, counts.closed, answers.returned], [0, 1, 1]);
  assert.equal((await body.next()).done, true);
  assert.equal(answers.left.length, 1);
});

Deno.test("an error ends the body, for the trailers to tell", async () => {
  const { body, counts } = setUp([1], { error: new ConnectError("gone", Code.Unavailable) });
  await body.next();
  assert.equal((await body.next()).done, true);
  assert.deepEqual([body.error?.code, counts.closed], [Code.Unavailable, 1]);
});

Deno.test("without room, or with an answer too large, the stream ends with that status", async () => {
  for (
    const [lengths, limits] of [[[1, 20_000], { answers: 20_000 }], [[1, 30_001], {}]] as const
  ) {
    const { answers, body, budget } = setUp(lengths, limits);
    await body.next();
    assert.equal((await body.next()).done, true);
    const { code } = body.error ?? assert.fail();
    assert.deepEqual([code, answers.returned, budget.used], [Code.ResourceExhausted, 1, 0]);
  }
});

Deno.test("a frame is filled to its last octet, and nothing is taken that does not fit", async () => {
  const header = 5;
  const table: [lengths: number[], chunks: number[], left: number][] = [
    [[10, 16_384 - 2 * header - 10, 1], [16_384], 1],
    [[10, 16_384 - 2 * header - 9, 1], [15], 1],
    [[16_384 - header, 1], [16_384], 1],
    [[16_383 - header, 1], [16_383], 0],
  ];
  for (const [lengths, chunks, left] of table) {
    const { answers, body } = setUp(lengths);
    const { value } = await body.next();
    assert.deepEqual([[value?.length], answers.left.length], [chunks, left], String(lengths));
    for (let result = await body.next(); !result.done;) result = await body.next();
    assert.equal(answers.left.length, 0);
  }
});

Deno.test("a source that cannot be polled is sent message by message", async () => {
  const answers = [new Answer(new Uint8Array(1)), new Answer(new Uint8Array(2))];
  const left = [...answers];
  const source: Polling<Answer> = {
    next() {
      const value = left.shift();
      return Promise.resolve(value ? { done: false, value } : { done: true, value: undefined });
    },
  };
  const { body } = bodyOf(source, {});
  const seen = await Array.fromAsync(body);
  assert.deepEqual(seen, answers.map(({ envelope }) => envelope));
  assert.deepEqual(await body.return(), { done: true, value: undefined });
});

Deno.test("without room and with a source that cannot be let go the stream ends as well", async () => {
  const value = new Answer(new Uint8Array(1));
  const source: Polling<Answer> = { next: () => Promise.resolve({ done: false, value }) };
  const { body } = bodyOf(source, { answers: 5 });
  assert.equal((await body.next()).done, true);
  assert.equal(body.error?.code, Code.ResourceExhausted);
});

Deno.test("who returns while an answer is awaited is sent nothing more, and waits for nothing", async () => {
  const asked = Promise.withResolvers<IteratorResult<Answer>>();
  const letGo = Promise.withResolvers<IteratorResult<Answer>>();
  const { body, budget, counts } = bodyOf(
    { next: () => asked.promise, return: () => letGo.promise },
    { end: last },
  );
  const read = body.next();
  const returned = body.return();
  assert.equal(counts.closed, 1);
  asked.resolve({ done: false, value: new Answer(new Uint8Array(1)) });
  assert.equal((await read).done, true);
  letGo.resolve({ done: true, value: undefined });
  assert.equal((await returned).done, true);
  assert.deepEqual([counts.closed, body.error, budget.used], [1, undefined, 0]);
});

Deno.test("whatever breaks a body, nothing more is wanted of its answers", async () => {
  const broken = new Answer(new Uint8Array(200));
  broken.gzipped = () => Promise.reject(new Error("no gzip"));
  const fail = () => {
    throw new RangeError("cannot be written");
  };
  const answer = { done: false, value: broken } as const;
  for (
    const source of [
      { next: () => Promise.reject(new RangeError("cannot be written")) },
      { next: () => Promise.resolve(answer), poll: fail },
      { next: () => Promise.resolve(answer) },
    ]
  ) {
    let returned = 0;
    const answers: Polling<Answer> = {
      ...source,
      return() {
        returned++;
        return Promise.resolve({ done: true, value: undefined });
      },
    };
    const compressMinBytes = source.poll ? Infinity : 100;
    const { body, budget, counts } = bodyOf(answers, { compressMinBytes, end: last });
    assert.equal((await body.next()).value, last);
    assert.equal(body.error?.code, Code.Internal);
    assert.deepEqual([returned, counts.closed, budget.used], [1, 1, 0]);
  }
});
