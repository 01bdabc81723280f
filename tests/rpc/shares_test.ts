import assert from "node:assert/strict";
import { Budget, Shares } from "../../lib/rpc/budget.ts";

const spec = { name: "seats", unit: "seats", limit: 10, reason: "the bus has ten" };

Deno.test("a connection gets no more than its share, and all no more than there is", () => {
  const budget = new Budget(spec);
  const shares = new Shares(budget, 6);
  const [one, two] = [{}, {}];
  assert.ok(shares.take(one, 6));
  assert.equal(shares.take(one, 1), false);
  assert.deepEqual([shares.used(one), shares.used(two), budget.refused], [6, 0, 1]);
  assert.equal(shares.take(two, 5), false);
  assert.deepEqual([shares.used(two), budget.used, budget.refused], [0, 6, 2]);
  assert.ok(shares.take(two, 4));
  shares.give(one, 6);
  assert.deepEqual([shares.used(one), budget.used], [0, 4]);
  assert.ok(shares.take(two, 2));
  assert.equal(shares.take(two, 1), false);
});
