import assert from "node:assert/strict";
import { Budget, Budgets } from "../../lib/port/budget.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { FakeLog } from "./support/fake_log.ts";

const spec = { name: "seats", unit: "seats", limit: 10, reason: "the bus has ten" };

Deno.test("a budget gives out what it has, and counts what it refuses", () => {
  const budget = new Budget(spec);
  assert.ok(budget.take());
  assert.ok(budget.take(9));
  assert.deepEqual([budget.used, budget.refused], [10, 0]);
  assert.equal(budget.take(), false);
  assert.deepEqual([budget.used, budget.refused], [10, 1]);
  budget.give(9);
  budget.give();
  assert.equal(budget.used, 0);
  assert.ok(budget.take(10));
  const { name, unit, limit } = budget;
  assert.deepEqual({ name, unit, limit }, { name: "seats", unit: "seats", limit: 10 });
});

Deno.test("a budget that gets back more than it gave out says so", () => {
  const budget = new Budget(spec);
  budget.take(2);
  assert.throws(() => budget.give(3), {
    name: "RangeError",
    message: "3 of budget seats come back, but 2 are out",
  });
});

Deno.test("each budget tells of refusals in a while, whatever the others refuse", () => {
  const clock = new FakeClock();
  const log = new FakeLog();
  const budgets = new Budgets(log, clock);
  const seats = budgets.open(spec);
  const beds = budgets.open({ ...spec, name: "beds", limit: 0 });
  seats.take(10);
  for (let i = 0; i < 7; i++) seats.refuse();
  beds.refuse({ peer: "192.0.2.1", reason: "none is free" });
  clock.advance(60_000);
  seats.refuse();
  budgets[Symbol.dispose]();
  assert.deepEqual(log.lines, [
    ...Array(5).fill("warn budget-refused budget=seats unit=seats used=10 limit=10"),
    "warn budget-refused budget=beds unit=seats used=0 limit=0 peer=192.0.2.1 reason=none is free",
    "warn log-limited record=budget-refused suppressed=2 within-seconds=60 " +
    "budget=seats unit=seats used=10 limit=10",
    "warn budget-refused budget=seats unit=seats used=10 limit=10",
  ]);
  assert.equal(clock.pending, 0);
  assert.deepEqual([...budgets.all], [seats, beds]);
  assert.throws(() => budgets.open(spec), { message: "there are two budgets seats" });
});
