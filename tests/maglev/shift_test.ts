import assert from "node:assert/strict";
import { maglevTable, tableShift } from "../../lib/maglev/mod.ts";

const server = (last: number, weight: number) => ({
  address: Uint8Array.from([10, 1, 0, last]),
  weight,
});

function shift(
  before: readonly ReturnType<typeof server>[],
  after: readonly ReturnType<typeof server>[],
  lengths: readonly [number, number] = [1024, 1024],
): number {
  const [one, other] = lengths;
  const steps = tableShift({ servers: before, length: one }, { servers: after, length: other });
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

Deno.test("as many flows move as slots have another server", () => {
  const both = [server(1, 100), server(2, 50)];
  assert.equal(shift(both, both.toReversed()), 0, "in whatever order they are told");
  // VPP gives 674 of 1024 slots to the first and 350 to the second.
  assert.equal(shift(both, [server(1, 100)]), 350 / 1024);
  assert.equal(shift(both, [server(1, 0), server(2, 50)]), 674 / 1024);
  assert.equal(shift(both, []), 1);
  assert.equal(shift([], both), 1);
  assert.equal(shift([], [server(3, 0)]), 0, "who has no server has none still");
  const slots = (weights: readonly number[]) =>
    maglevTable(
      weights.map((weight, i) => {
        const address = new Uint8Array(16);
        address.set([10, 1, 0, i + 1], 12);
        return { index: i + 1, address, weight };
      }),
      1024,
    );
  const [old, young] = [slots([100, 50, 30]), slots([100, 80, 30])];
  const moved = old.filter((index, slot) => young[slot] !== index).length;
  const three = [server(1, 100), server(2, 50), server(3, 30)];
  assert.equal(shift(three, [server(1, 100), server(2, 80), server(3, 30)]), moved / 1024);
});

Deno.test("a table of another length is compared by the flows' hashes", () => {
  const one = [server(1, 100)];
  assert.equal(shift(one, one, [256, 1024]), 0);
  assert.equal(shift(one, [server(2, 100)], [1024, 256]), 1);
  const both = [server(1, 100), server(2, 100)];
  const share = shift(both, both, [1024, 65_536]);
  assert.ok(share > .3 && share < .7, `${share}`);
});

Deno.test("a long table is worked out in many small steps", () => {
  const servers = [server(1, 100), server(2, 100)];
  const steps = tableShift({ servers, length: 65_536 }, { servers, length: 65_536 });
  let count = 0;
  while (!steps.next().done) count++;
  assert.ok(count > 130, `${count}`);
});
