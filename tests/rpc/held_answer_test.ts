import assert from "node:assert/strict";
import { Answer, holdAnswer } from "../../lib/rpc/answer.ts";
import { OneChunk } from "../../lib/port/outbox.ts";
import { countedRoom } from "./support/roomy.ts";

/** An answer of `length` zeros, and what is held for it. */
function setUp(length: number, limits: Parameters<typeof countedRoom>[0] = {}) {
  const { outbox, answers: budget } = countedRoom(limits);
  const answer = new Answer(new Uint8Array(length));
  const hold = { outbox, connection: {}, writeMaxBytes: 100_000, compressMinBytes: length };
  const pack = async () => await holdAnswer(answer, hold);
  return { budget, answer, pack };
}

Deno.test("a compressed answer is held instead of the plain one", async () => {
  const { budget, answer, pack } = setUp(10_000);
  const { octets, release } = await pack();
  assert.equal(octets, await answer.gzipped());
  assert.equal(budget.used, octets.length);
  release();
  assert.equal(budget.used, 0);
});

Deno.test("without room for both the plain one stays", async () => {
  const { budget, answer, pack } = setUp(10_000, { answers: 10_005 });
  const { octets, release } = await pack();
  assert.equal(octets, answer.envelope);
  assert.equal(budget.used, 10_005);
  release();
  assert.equal(budget.used, 0);
});

Deno.test("an answer that cannot be compressed is a defect, and held no longer", async () => {
  const { budget, answer, pack } = setUp(10_000);
  answer.gzipped = () => Promise.reject(new Error("no zlib"));
  await assert.rejects(pack(), /no zlib/);
  assert.equal(budget.used, 0);
});

Deno.test("a single chunk comes once, and is let go when it has left or nobody wants it", async () => {
  const chunk = Uint8Array.of(7);
  const end = { done: true, value: undefined };
  let released = 0;
  const read = new OneChunk(chunk, () => released++);
  assert.equal(read[Symbol.asyncIterator](), read);
  assert.deepEqual(await read.next(), { done: false, value: chunk });
  assert.equal(released, 0);
  assert.deepEqual(await read.next(), end);
  assert.equal(released, 1);
  const left = new OneChunk(chunk, () => released++);
  assert.deepEqual(await left.return(), end);
  assert.equal(released, 2);
  assert.deepEqual(await left.next(), end);
  const free = new OneChunk(chunk);
  assert.deepEqual(await Array.fromAsync(free), [chunk]);
  assert.deepEqual(await free.return(), end);
});
