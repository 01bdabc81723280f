import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { SharedEvent } from "../../lib/api/watch/stream.ts";
import { EventSchema, LogEventSchema } from "../../lib/gen/maglev_pb.ts";
import { Backlog, EventQueue } from "../../lib/rpc/queue.ts";
import { watchBudgets } from "../api/support/watch.ts";
import assert from "node:assert/strict";

/** What an entry of a queue takes, whatever it refers to. */
const entry = 16;

function event(length: number): SharedEvent {
  const log = create(LogEventSchema, { msg: "x".repeat(length) });
  return new SharedEvent(create(EventSchema, { event: { case: "log", value: log } }));
}

function setUp(limit: number, queues = 2) {
  const { backlog: budget } = watchBudgets({ backlog: limit });
  const backlog = new Backlog(budget);
  const ended: number[] = [];
  const limits = { count: 10_000, bytes: 1e9 };
  const open = Array.from(
    { length: queues },
    (_, i) => new EventQueue<SharedEvent>([], limits, () => ended.push(i), backlog),
  );
  const push = (i: number, each: SharedEvent) => open[i]?.push(each, each.bytes);
  return { budget, open, ended, push };
}

Deno.test("an event that waits in several queues is there once", async () => {
  const { budget, open, push } = setUp(100_000);
  const each = event(1000);
  push(0, each);
  push(0, each);
  push(1, each);
  assert.equal(budget.used, each.bytes + 3 * entry);
  open[0]?.poll();
  assert.equal(budget.used, each.bytes + 2 * entry);
  await open[0]?.return();
  assert.equal(budget.used, each.bytes + entry);
  open[1]?.poll();
  assert.equal(budget.used, 0);
  // Read by all, it is forgotten: who gets it again has all of it again.
  push(1, each);
  assert.equal(budget.used, each.bytes + entry);
  open[1]?.poll();
  assert.equal(budget.used, 0);
});

Deno.test("who waits for an event costs nothing", async () => {
  const { budget, open, push } = setUp(0);
  const waiting = open[0]?.next();
  push(0, event(10));
  assert.equal((await waiting)?.done, false);
  assert.equal(budget.used, 0);
});

Deno.test("without room whoever is furthest behind is cut off, and others go on", async () => {
  const { budget, open, ended, push } = setUp(5000, 3);
  const large = event(2000);
  push(0, event(10));
  push(1, large);
  push(1, event(2000));
  push(2, event(20));
  const bytes = open[1]?.bytes;
  push(2, event(2000));
  assert.deepEqual(ended, [1]);
  assert.equal(open[2]?.backlog, 2);
  assert.equal(budget.refused, 1);
  await assert.rejects(async () => await open[1]?.next(), (error) => {
    assert.ok(error instanceof ConnectError && error.code === Code.ResourceExhausted);
    assert.equal(
      error.rawMessage,
      `watcher too slow: 2 events (${bytes} bytes) were waiting to be read`,
    );
    return true;
  });
  push(1, large);
  await open[0]?.return();
  await open[2]?.return();
  assert.equal(budget.used, 0);
});

Deno.test("an event that fits nowhere cuts off all that wait, and the one that it is for", async () => {
  const { budget, open, ended, push } = setUp(5000, 3);
  push(0, event(100));
  push(1, event(200));
  push(2, event(9000));
  assert.deepEqual(ended, [1, 0, 2]);
  assert.equal(budget.used, 0);
  assert.deepEqual([open[2]?.backlog, open[2]?.bytes], [0, 0]);
  await assert.rejects(async () => await open[2]?.next(), /0 events \(0 bytes\)/);
});

Deno.test("a queue that was read in part gives back what it has read, once", () => {
  const { budget, open, push } = setUp(1e9, 1);
  const sizes = Array.from({ length: 3000 }, (_, i) => event(i % 7));
  for (const each of sizes) push(0, each);
  const all = sizes.reduce((sum, { bytes }) => sum + bytes + entry, 0);
  assert.equal(budget.used, all);
  for (const [i, each] of sizes.entries()) {
    assert.equal(open[0]?.poll(), each);
    assert.equal(open[0]?.backlog, 2999 - i);
  }
  assert.deepEqual([budget.used, open[0]?.bytes], [0, 0]);
});

Deno.test("who has nothing waiting is cut off for nobody, and of equals who came first is", () => {
  const { ended, push } = setUp(5000, 4);
  push(3, event(9000));
  assert.deepEqual(ended, [3]);
  push(1, event(2000));
  push(2, event(2000));
  push(0, event(2000));
  assert.deepEqual(ended, [3, 1]);
});
