import assert from "node:assert/strict";
import fc from "fast-check";
import { atOnce, compareText, mergeSort } from "../../lib/time/mod.ts";

interface Item {
  readonly key: number;
  readonly place: number;
}

const byKey = (a: Item, b: Item) => a.key - b.key;

/** Items whose keys repeat, in no order. */
function shuffled(length: number): Item[] {
  return Array.from({ length }, (_, place) => ({ key: (place * 7919) % 501, place }));
}

for (const length of [0, 1, 2, 255, 256, 257, 512, 513, 768, 1_025, 5_000]) {
  Deno.test(`${length} items come out as Array.sort has them, equal ones in their order`, () => {
    const items = shuffled(length);
    const before = [...items];
    assert.deepEqual(atOnce(mergeSort(items, byKey)), items.toSorted(byKey));
    assert.deepEqual(items, before, "what was given stays as it is");
  });
}

Deno.test("it gives way after some hundred comparisons, however many there are", () => {
  let compared = 0;
  const counting = (a: Item, b: Item) => {
    compared++;
    return byKey(a, b);
  };
  const stretches: number[] = [];
  const work = mergeSort(shuffled(5_000), counting);
  for (let isDone = false; !isDone;) {
    isDone = work.next().done ?? false;
    stretches.push(compared);
    compared = 0;
  }
  const most = Math.max(...stretches);
  assert.ok(most > 0 && most < 3_000, `${most} comparisons at a stretch`);
  assert.ok(stretches.length < 200, `${stretches.length} stretches`);
});

Deno.test("texts are sorted as Array.sort does it without being told how", () => {
  const texts = fc.array(fc.string({ maxLength: 3 }), { maxLength: 3_000, size: "max" });
  fc.assert(
    fc.property(texts, (texts) => {
      assert.deepEqual(atOnce(mergeSort(texts, compareText)), texts.toSorted());
    }),
    { seed: 6, numRuns: 50 },
  );
});

Deno.test("it gives way after each 256 items sorted and each 256 merged", () => {
  const names = (count: number) => Array.from({ length: count }, (_, i) => `name ${i}`);
  const steps = (count: number) => [...mergeSort(names(count), compareText)].length;
  assert.deepEqual([0, 256, 512, 500].map(steps), [0, 1, 2 + 2, 2 + 1]);
  assert.equal(steps(1_024), 4 + 2 * 2 + 4);
});

Deno.test("of two texts it says which is first", () => {
  const pairs = [["a", "b"], ["b", "a"], ["a", "a"], ["a", "aa"], ["Z", "a"]] as const;
  assert.deepEqual(pairs.map(([a, b]) => compareText(a, b)), [-1, 1, 0, -1, -1]);
});
