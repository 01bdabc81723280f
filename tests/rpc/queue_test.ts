import { create } from "@bufbuild/protobuf";
import type { StringValue } from "@bufbuild/protobuf/wkt";
import { StringValueSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import fc from "fast-check";
import assert from "node:assert/strict";
import { EventQueue } from "../../lib/rpc/queue.ts";

const plenty = { count: 1000, bytes: 1_000_000 };

function message(value: string): StringValue {
  return create(StringValueSchema, { value });
}

async function text(queue: EventQueue<StringValue>): Promise<string> {
  const result = await queue.next();
  return result.done ? "(end)" : result.value.value;
}

Deno.test("a queue gives the snapshot first, then what was pushed, in order", async () => {
  const queue = new EventQueue([message("a"), message("b")], plenty, () => {});
  queue.push(message("c"), 1);
  queue.push(message("d"), 1);
  assert.deepEqual([await text(queue), await text(queue), await text(queue)], ["a", "b", "c"]);
  assert.equal(queue.poll()?.value, "d");
  assert.equal(queue.poll(), undefined);
});

Deno.test("a reader that waits gets what is pushed at once", async () => {
  const queue = new EventQueue<StringValue>([], plenty, () => {});
  const waiting = text(queue);
  queue.push(message("a"), 1);
  assert.equal(await waiting, "a");
});

Deno.test("whatever the order of pushing and reading, nothing is lost or swapped", async () => {
  const seed = 20261121;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 3000 }), async (steps) => {
      const queue = new EventQueue<StringValue>([], { count: 4000, bytes: 1e9 }, () => {});
      const pushed: string[] = [];
      const read: string[] = [];
      for (const [i, push] of steps.entries()) {
        if (push) {
          pushed.push(String(i));
          queue.push(message(String(i)), 3);
        } else {
          const polled = queue.poll();
          if (polled) read.push(polled.value);
        }
      }
      while (read.length < pushed.length) read.push(await text(queue));
      assert.deepEqual(read, pushed);
    }),
    { seed, numRuns: 50 },
  );
});

Deno.test("too many waiting: the reader is cut off, told why, and what waited is let go", async () => {
  let ended = 0;
  const queue = new EventQueue<StringValue>([], { count: 3, bytes: 1000 }, () => ended++);
  for (const each of "abcd") queue.push(message(each), 10);
  assert.equal(ended, 1);
  queue.push(message("e"), 10);
  await assert.rejects(queue.next(), (error) => {
    assert.ok(error instanceof ConnectError);
    assert.equal(error.code, Code.ResourceExhausted);
    assert.equal(
      error.rawMessage,
      "watcher too slow: 4 events (40 bytes) were waiting to be read",
    );
    return true;
  });
  assert.equal(await text(queue), "(end)");
  assert.equal(ended, 1);
});

Deno.test("too many bytes waiting cut the reader off as well", async () => {
  const queue = new EventQueue<StringValue>([], { count: 100, bytes: 25 }, () => {});
  for (const each of "abc") queue.push(message(each), 10);
  await assert.rejects(queue.next(), /3 events \(30 bytes\)/);
});

Deno.test("bytes that were read no longer count", async () => {
  const queue = new EventQueue<StringValue>([], { count: 2, bytes: 25 }, () => {});
  for (let i = 0; i < 5000; i++) {
    queue.push(message(String(i)), 10);
    assert.equal(await text(queue), String(i));
  }
});

Deno.test("the snapshot is not limited", async () => {
  const snapshot = Array.from({ length: 50 }, (_, i) => message(String(i)));
  const queue = new EventQueue(snapshot, { count: 2, bytes: 10 }, () => {});
  queue.push(message("live"), 5);
  const read = [];
  for (let i = 0; i < 51; i++) read.push(await text(queue));
  assert.equal(read.at(-1), "live");
});

Deno.test("ending a queue wakes the reader that waits", async () => {
  let ended = 0;
  const queue = new EventQueue<StringValue>([], plenty, () => ended++);
  const waiting = queue.next();
  await queue.return();
  assert.deepEqual(await waiting, { done: true, value: undefined });
  const failing = new EventQueue<StringValue>([], plenty, () => ended++);
  const failed = failing.next();
  failing.fail(new ConnectError("over", Code.Unavailable));
  await assert.rejects(failed, /over/);
  assert.equal(await text(failing), "(end)");
  assert.equal(ended, 2);
});

Deno.test("a reader that waits gets one message, and the next waits for its next read", async () => {
  const queue = new EventQueue<StringValue>([], plenty, () => {});
  const waiting = text(queue);
  queue.push(message("a"), 1);
  queue.push(message("b"), 1);
  assert.equal(await waiting, "a");
  assert.deepEqual([queue.backlog, queue.bytes], [1, 1]);
  assert.equal(await text(queue), "b");
});

Deno.test("as many messages and bytes may wait as the limits say", async () => {
  for (const limits of [{ count: 3, bytes: 1000 }, { count: 100, bytes: 30 }]) {
    const queue = new EventQueue<StringValue>([], limits, () => {});
    for (const each of "abc") queue.push(message(each), 10);
    assert.deepEqual([queue.backlog, queue.bytes], [3, 30]);
    queue.push(message("d"), 1);
    await assert.rejects(queue.next(), /4 events \(31 bytes\)/);
  }
});

Deno.test("a queue that has ended has nothing, whatever was in it", async () => {
  const end = async (queue: EventQueue<StringValue>, how: "fail" | "return") => {
    if (how === "return") await queue.return();
    queue.fail(new ConnectError("over", Code.Unavailable));
    queue.fail(new ConnectError("again", Code.Unavailable));
  };
  for (const how of ["fail", "return"] as const) {
    let ended = 0;
    const queue = new EventQueue([message("a"), message("b")], plenty, () => ended++);
    for (const each of "cde") queue.push(message(each), 10);
    for (let i = 0; i < 3; i++) assert.ok(queue.poll());
    await end(queue, how);
    assert.deepEqual([queue.backlog, queue.bytes, queue.poll(), ended], [0, 0, undefined, 1]);
    queue.push(message("f"), 10);
    assert.deepEqual([queue.backlog, queue.bytes, queue.poll()], [0, 0, undefined]);
    const opening = new EventQueue([message("a"), message("b")], plenty, () => {});
    await end(opening, how);
    assert.equal(opening.poll(), undefined);
    if (how === "fail") await assert.rejects(opening.next(), /over/);
    assert.equal(await text(opening), "(end)");
  }
});
