import { Code, ConnectError } from "@connectrpc/connect";
import assert from "node:assert/strict";
import { callBudgets } from "../../lib/rpc/limits.ts";
import { Budget } from "../../lib/port/budget.ts";
import { OneChunk, Outbox } from "../../lib/port/outbox.ts";

function setUp(limit: number, most: number) {
  const budget = new Budget({ ...callBudgets.answers, limit });
  return { budget, outbox: new Outbox(budget, most) };
}

function exhausted(text: RegExp) {
  return (error: unknown) =>
    error instanceof ConnectError && error.code === Code.ResourceExhausted &&
    text.test(error.rawMessage);
}

Deno.test("what many hold is counted once, until the last lets go", () => {
  const { budget, outbox } = setUp(1000, 500);
  const [one, two] = [{}, {}];
  const octets = new Uint8Array(100);
  const releases = [one, one, two].map((connection) => outbox.hold(connection, octets));
  assert.equal(budget.used, 100);
  const other = outbox.hold(one, new Uint8Array(100));
  assert.equal(budget.used, 200);
  for (const release of releases) {
    assert.equal(budget.used, 200);
    release();
    release();
  }
  assert.equal(budget.used, 100);
  other();
  assert.equal(budget.used, 0);
});

Deno.test("a connection has its share, and gets it back", () => {
  const { budget, outbox } = setUp(1000, 500);
  const [one, two] = [{}, {}];
  const large = new Uint8Array(500);
  const release = outbox.hold(one, large);
  outbox.hold(one, large)();
  assert.throws(
    () => outbox.hold(one, new Uint8Array(1)),
    exhausted(/^500 bytes of answers wait for this connection to take them: read those first/),
  );
  assert.deepEqual([budget.used, budget.refused], [500, 1]);
  outbox.hold(two, new Uint8Array(500));
  assert.throws(
    () => outbox.hold(two, new Uint8Array(1)),
    exhausted(/^500 bytes .* this connection/),
  );
  release();
  outbox.hold(one, new Uint8Array(500));
  assert.equal(budget.used, 1000);
});

Deno.test("all connections together have what there is", () => {
  const { budget, outbox } = setUp(1000, 600);
  const release = outbox.hold({}, new Uint8Array(600));
  const refused = {};
  assert.throws(
    () => outbox.hold(refused, new Uint8Array(401)),
    exhausted(/^600 bytes of answers wait for clients to take them/),
  );
  assert.equal(budget.refused, 1);
  release();
  outbox.hold(refused, new Uint8Array(600));
  assert.equal(budget.used, 600);
});

Deno.test("a body of one chunk lets go of it when it has left, its last octets behind it", async () => {
  for (const last of [undefined, new Uint8Array([3])]) {
    const [chunk, told] = [new Uint8Array([1, 2]), [] as unknown[]];
    const body = new OneChunk(chunk, () => void told.push("released"), last);
    for await (const each of body) told.push(each);
    assert.deepEqual(told, last ? [chunk, "released", last, "released"] : [chunk, "released"]);
  }
  const told: string[] = [];
  const unread = new OneChunk(new Uint8Array(1), () => void told.push("released"));
  await unread.return();
  assert.deepEqual([await unread.next(), told.length > 0], [
    { done: true, value: undefined },
    true,
  ]);
});
