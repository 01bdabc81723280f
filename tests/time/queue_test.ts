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
