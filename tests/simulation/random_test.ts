import assert from "node:assert/strict";
import { Random } from "../../lib/simulation/random.ts";

Deno.test("equal seeds give equal numbers, other seeds others", () => {
  const draw = (seed: number) => {
    const random = new Random(seed);
    return Array.from({ length: 8 }, () => random.next());
  };
  assert.deepEqual(draw(7), draw(7));
  const firsts = new Set(Array.from({ length: 2_000 }, (_, seed) => draw(seed).join()));
  assert.equal(firsts.size, 2_000);
  assert.notDeepEqual(draw(1), draw(1 + 2 ** 32));
});

Deno.test("numbers are spread evenly from 0 to 1", () => {
  const random = new Random(3);
  const tenths = new Array<number>(10).fill(0);
  for (let i = 0; i < 10_000; i++) {
    const tenth = Math.floor(random.next() * 10);
    tenths[tenth] = (tenths[tenth] ?? 0) + 1;
  }
  for (const count of tenths) assert.ok(count > 880 && count < 1_120, tenths.join());
});

Deno.test("whole numbers come from the first to the last, both included", () => {
  const random = new Random(4);
  const drawn = new Set(Array.from({ length: 200 }, () => random.between(2, 4)));
  assert.deepEqual([...drawn].sort(), [2, 3, 4]);
});

Deno.test("what is picked is one of the choices, each of them sometimes", () => {
  const random = new Random(5);
  const drawn = new Set(Array.from({ length: 200 }, () => random.pick(["a", "b", "c"])));
  assert.deepEqual([...drawn].sort(), ["a", "b", "c"]);
  assert.equal(random.pickAny([]), undefined);
  assert.throws(() => random.pick([]), /nothing to pick/);
});

Deno.test("a chance of a quarter comes true a quarter of the time", () => {
  const random = new Random(6);
  const hits = Array.from({ length: 4_000 }, () => random.chance(0.25)).filter(Boolean).length;
  assert.ok(hits > 900 && hits < 1_100, `${hits}`);
});

Deno.test("shuffling keeps everything and changes the order", () => {
  const random = new Random(8);
  const things = Array.from({ length: 20 }, (_, i) => i);
  const shuffled = random.shuffled(things);
  assert.notDeepEqual(shuffled, things);
  assert.deepEqual(shuffled.toSorted((a, b) => a - b), things);
});

Deno.test("a fork does not depend on what is drawn from its origin later", () => {
  const [a, b] = [new Random(9), new Random(9)];
  const [forkA, forkB] = [a.fork(), b.fork()];
  b.next();
  assert.equal(forkA.next(), forkB.next());
  assert.notEqual(a.next(), forkA.next());
});
