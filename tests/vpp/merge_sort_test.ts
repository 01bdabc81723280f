import assert from "node:assert/strict";
import { mergeSort } from "../../lib/vpp/counters/merge_sort.ts";

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
    const work = mergeSort(items, byKey);
    let step = work.next();
    while (!step.done) step = work.next();
    assert.deepEqual(step.value, items.toSorted(byKey));
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
