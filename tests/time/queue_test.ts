import assert from "node:assert/strict";
import fc from "fast-check";
import { type Due, DueQueue } from "../../lib/time/mod.ts";

/** Adds this many entries, due at times in no order, and cancels those that `isCancelled` names. */
function filled(count: number, isCancelled: (order: number) => boolean): DueQueue<Due> {
  const queue = new DueQueue<Due>();
  const entries = Array.from(
    { length: count },
    (_, order) => ({ at: (order * 7919) % 1_009, order, cancelled: false }),
  );
  for (const entry of entries) queue.add(entry);
  for (const entry of entries) if (isCancelled(entry.order)) queue.cancel(entry);
  return queue;
}

function drained(queue: DueQueue<Due>): Due[] {
  const taken: Due[] = [];
  for (let next = queue.take(Infinity); next; next = queue.take(Infinity)) taken.push(next);
  return taken;
}

Deno.test("those that are left come in order, however many were cancelled", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 9 }), (count, nth) => {
      const isCancelled = (order: number) => order % nth !== 0;
      const queue = filled(count, isCancelled);
      const left = Math.ceil(count / nth);
      assert.equal(queue.size, left);
      const taken = drained(queue);
      assert.equal(taken.length, left);
      assert.deepEqual(taken, taken.toSorted((a, b) => a.at - b.at || a.order - b.order));
      assert.ok(taken.every(({ order }) => !isCancelled(order)));
      assert.equal(queue.size, 0);
    }),
    { seed: 12, numRuns: 300 },
  );
});

Deno.test("who was cancelled is neither next nor counted", () => {
  const queue = filled(3, (order) => order === 0);
  assert.deepEqual([queue.next, queue.size], [(2 * 7919) % 1_009, 2]);
  assert.equal(queue.take(0), undefined);
  assert.equal(filled(80, () => true).next, undefined);
  assert.equal(filled(80, () => true).size, 0);
});

Deno.test("cancelling who has been taken does nothing", () => {
  const queue = new DueQueue<Due>();
  queue.add({ at: 1, order: 0, cancelled: false });
  queue.add({ at: 2, order: 1, cancelled: false });
  const first = queue.take(1);
  assert.ok(first);
  queue.cancel(first);
  assert.deepEqual([queue.size, queue.next], [1, 2]);
});

Deno.test("cancelled entries are held until they are the majority, and more than 64", () => {
  const held = (count: number, cancelled: number) =>
    filled(count, (order) => order < cancelled).held;
  assert.deepEqual([held(65, 64), held(65, 65), held(100, 65)], [65, 0, 35]);
  assert.deepEqual([held(1_000, 500), held(1_000, 501)], [1_000, 499]);
});
