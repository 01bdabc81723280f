import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import assert from "node:assert/strict";
import { HealthCheckResponseSchema } from "../../lib/gen/grpc/health/v1/health_pb.ts";
import type { Polling, Reply } from "../../lib/rpc/answer.ts";
import { ObservedStream } from "../../lib/rpc/streams.ts";
import { settle } from "../support/until.ts";

const message = create(HealthCheckResponseSchema);
const next = { done: false, value: message } as const;
const end = { done: true, value: undefined } as const;

/** A source whose reads a test answers, and that has some messages at hand. */
class Source implements Polling<Reply> {
  readonly asked: PromiseWithResolvers<IteratorResult<Reply>>[] = [];
  atHand = 0;
  returned = 0;
  onReturn: () => Promise<void> = () => Promise.resolve();

  next(): Promise<IteratorResult<Reply>> {
    const asked = Promise.withResolvers<IteratorResult<Reply>>();
    this.asked.push(asked);
    return asked.promise;
  }

  poll(): Reply | undefined {
    return this.atHand-- > 0 ? message : undefined;
  }

  async return(): Promise<IteratorResult<Reply>> {
    this.returned++;
    await this.onReturn();
    return end;
  }
}

/** A stream of a source, and what its listener was told. */
function setUp(source: Polling<Reply> = new Source()) {
  const told: string[] = [];
  let opened = 0;
  const open = (): AsyncIterable<Reply> => {
    opened++;
    return { [Symbol.asyncIterator]: () => source };
  };
  const stream = new ObservedStream(open, {
    sent: () => void told.push("sent"),
    succeeded: () => void told.push("succeeded"),
    failed(error) {
      told.push(`failed: ${error instanceof Error ? error.message : String(error)}`);
      return new ConnectError("the status", Code.Aborted);
    },
    notReleased: (error) => void told.push(`not released: ${String(error)}`),
  });
  return { stream, told, opened: () => opened };
}

const theStatus = { rawMessage: "the status", code: Code.Aborted };

Deno.test("the source is opened when it is asked, once, and told of message by message", async () => {
  const source = new Source();
  const { stream, told, opened } = setUp(source);
  assert.equal(stream.poll(), undefined);
  assert.equal(opened(), 0);
  for (const result of [next, next, end]) {
    const read = stream.next();
    source.asked.at(-1)?.resolve(result);
    assert.deepEqual(await read, result);
  }
  assert.deepEqual([opened(), source.asked.length, source.returned], [1, 3, 0]);
  assert.deepEqual(told, ["sent", "sent", "succeeded"]);
  assert.deepEqual(await stream.next(), end);
  assert.deepEqual(await stream.return(), end);
  stream.fail(new Error("too late"));
  assert.deepEqual([told.length, source.asked.length, source.returned], [3, 3, 0]);
});

Deno.test("what is at hand is taken between reads, and each counts", async () => {
  const source = new Source();
  const { stream, told } = setUp(source);
  source.atHand = 2;
  const read = stream.next();
  assert.equal(stream.poll(), undefined, "the read comes first");
  assert.equal(source.atHand, 2);
  source.asked[0]?.resolve(next);
  await read;
  assert.deepEqual([stream.poll(), stream.poll(), stream.poll()], [message, message, undefined]);
  assert.deepEqual(told, ["sent", "sent", "sent"]);
  source.atHand = 1;
  stream.fail(new Error("over"));
  assert.equal(stream.poll(), undefined);
  assert.equal(source.atHand, 1);
});

Deno.test("a source that can neither be polled nor let go is as good as any", async () => {
  const { stream, told } = setUp({ next: () => Promise.resolve(next) });
  assert.deepEqual(await stream.next(), next);
  assert.equal(stream.poll(), undefined);
  assert.deepEqual(await stream.return(), end);
  assert.deepEqual(told, ["sent", "failed: [canceled] the client went away"]);
});

Deno.test("a stream that fails while it is read ends that read, and what comes late is nothing", async () => {
  for (const late of [next, end]) {
    const source = new Source();
    const { stream, told } = setUp(source);
    const read = stream.next();
    stream.fail(new Error("why"));
    stream.fail(new Error("again"));
    await assert.rejects(read, theStatus);
    assert.equal(source.returned, 1);
    source.asked[0]?.resolve(late);
    await settle(2);
    assert.deepEqual(told, ["failed: why"]);
    assert.deepEqual(await stream.next(), end);
  }
});

Deno.test("a stream that fails between two reads fails the next one, and is then over", async () => {
  const source = new Source();
  const { stream, told } = setUp(source);
  const read = stream.next();
  source.asked[0]?.resolve(next);
  await read;
  stream.fail(new Error("why"));
  assert.equal(source.returned, 1);
  await assert.rejects(stream.next(), theStatus);
  assert.deepEqual(await stream.next(), end);
  assert.deepEqual([told, source.asked.length], [["sent", "failed: why"], 1]);
});

Deno.test("who returns after a failure does not care for it", async () => {
  const { stream, told } = setUp();
  stream.fail(new Error("why"));
  assert.deepEqual(await stream.return(), end);
  assert.deepEqual(await stream.next(), end);
  assert.deepEqual(told, ["failed: why"]);
});

Deno.test("a stream that fails before it is read is never opened", async () => {
  const { stream, opened } = setUp();
  stream.fail(new Error("why"));
  await assert.rejects(stream.next(), theStatus);
  assert.equal(opened(), 0);
});

Deno.test("who returns is a client that went away, and reads nothing more", async () => {
  const source = new Source();
  const { stream, told } = setUp(source);
  const read = stream.next();
  source.asked[0]?.resolve(next);
  await read;
  for (let i = 0; i < 2; i++) assert.deepEqual(await stream.return(), end);
  assert.deepEqual(await stream.next(), end);
  assert.deepEqual([told, source.returned], [
    ["sent", "failed: [canceled] the client went away"],
    1,
  ]);
});

Deno.test("a source that cannot be opened, or that throws, fails the read", async () => {
  const told: string[] = [];
  const failing = new ObservedStream(() => {
    throw new Error("no source");
  }, {
    sent: () => assert.fail(),
    succeeded: () => assert.fail(),
    failed: (error) => {
      told.push(String(error));
      return new ConnectError("the status", Code.Aborted);
    },
    notReleased: () => assert.fail(),
  });
  await assert.rejects(failing.next(), theStatus);
  assert.deepEqual(await failing.next(), end);
  assert.deepEqual(told, ["Error: no source"]);
  const source = new Source();
  const { stream, told: heard } = setUp(source);
  const read = stream.next();
  source.asked[0]?.reject(new Error("it broke"));
  await assert.rejects(read, theStatus);
  assert.deepEqual(heard, ["failed: it broke"]);
});

Deno.test("a source that throws when it is let go is told of", async () => {
  const source = new Source();
  source.onReturn = () => Promise.reject(new Error("stuck"));
  const { stream, told } = setUp(source);
  const read = stream.next();
  source.asked[0]?.resolve(next);
  await read;
  await stream.return();
  await settle(2);
  assert.deepEqual(told.slice(1), [
    "failed: [canceled] the client went away",
    "not released: Error: stuck",
  ]);
});
