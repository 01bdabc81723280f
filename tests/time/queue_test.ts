import assert from "node:assert/strict";
import fc from "fast-check";
import { Due, DueQueue } from "../../lib/time/mod.ts";

/** Which one it is tells them apart that are due at the same moment. */
class Named extends Due {
  constructor(at: number, readonly name: number) {
    super(at);
  }
}

/** Entries due at times in no order, many of them at the same. */
function someEntries(count: number): Named[] {
  return Array.from({ length: count }, (_, i) => new Named((i * 7919) % 101, i));
}

function names(entries: readonly Named[]): number[] {
  return entries.map(({ name }) => name);
}

function filled(entries: readonly Named[]): DueQueue<Named> {
  const queue = new DueQueue<Named>();
  for (const entry of entries) queue.add(entry);
  return queue;
}

function drained(queue: DueQueue<Named>): Named[] {
  const taken: Named[] = [];
  for (let next = queue.take(Infinity); next; next = queue.take(Infinity)) taken.push(next);
  return taken;
}

Deno.test("those that are left come in order, however many were cancelled", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 9 }), (count, nth) => {
      const entries = someEntries(count);
      const queue = filled(entries);
      for (const [i, entry] of entries.entries()) if (i % nth !== 0) queue.cancel(entry);
      const left = entries.filter((_, i) => i % nth === 0);
      assert.equal(queue.size, left.length);
      // Sorting is stable: of one moment, those come first that were added first.
      assert.deepEqual(names(drained(queue)), names(left.sort((a, b) => a.at - b.at)));
      assert.equal(queue.size, 0);
    }),
    { seed: 12, numRuns: 300 },
  );
});

Deno.test("whatever is added, taken and cancelled, the next is the first of those that are left", () => {
  const steps = fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.record({ add: fc.integer({ min: 0, max: 30 }) }) },
      { weight: 2, arbitrary: fc.record({ cancel: fc.nat() }) },
      { weight: 1, arbitrary: fc.record({ take: fc.integer({ min: 0, max: 30 }) }) },
    ),
    { maxLength: 200 },
  );
  fc.assert(
    fc.property(steps, (steps) => {
      const queue = new DueQueue<Named>();
      const all: Named[] = [];
      let model: Named[] = [];
      for (const step of steps) {
        if ("add" in step) {
          const entry = new Named(step.add, all.length);
          all.push(entry);
          model = [...model, entry].sort((a, b) => a.at - b.at);
          queue.add(entry);
        } else if ("cancel" in step) {
          // Perhaps one that was taken or cancelled before.
          const entry = all[step.cancel % all.length];
          if (!entry) continue;
          model = model.filter((each) => each !== entry);
          queue.cancel(entry);
        } else {
          const first = model[0];
          const due = first && first.at <= step.take ? model.shift() : undefined;
          assert.equal(queue.take(step.take)?.name, due?.name);
        }
        assert.deepEqual([queue.size, queue.next], [model.length, model[0]?.at]);
      }
      assert.deepEqual(names(drained(queue)), names(model));
    }),
    { seed: 34, numRuns: 500 },
  );
});

Deno.test("who was cancelled may be added again, and is then the last of its moment", () => {
  const [first, second] = [new Named(5, 1), new Named(5, 2)];
  const queue = filled([first, second]);
  queue.cancel(first);
  queue.add(first);
  assert.deepEqual(names(drained(queue)), [2, 1]);
});

Deno.test("nobody's cancelling takes out another who has come into the place since", () => {
  const [first, second] = [new Named(1, 1), new Named(2, 2)];
  const queue = filled([first, second]);
  assert.equal(queue.take(1), first);
  queue.cancel(first);
  assert.deepEqual([queue.size, queue.next], [1, 2]);
  filled([new Named(0, 0)]).cancel(second);
  assert.equal(queue.take(2), second);
});
