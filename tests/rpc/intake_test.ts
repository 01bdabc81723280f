import { Code } from "@connectrpc/connect";
import assert from "node:assert/strict";
import { callBudgets } from "../../lib/rpc/limits.ts";
import { Budget } from "../../lib/port/budget.ts";
import { Intake } from "../../lib/rpc/intake.ts";

Deno.test("what a request holds is counted until it is closed, once, and nothing after", () => {
  const budget = new Budget({ ...callBudgets.requests, limit: 100 });
  const intake = new Intake(budget, 60);
  assert.equal(intake.room, budget);
  const connection = {};
  const [one, two] = [intake.open(connection), intake.open(connection)];
  one.grow(30);
  one.grow(10);
  two.grow(20);
  assert.equal(budget.used, 60);
  assert.throws(() => two.grow(1), {
    code: Code.ResourceExhausted,
    rawMessage: "too many bytes of unfinished requests: finish those, or ask again later",
  });
  one.close();
  one.close();
  one.grow(10);
  one.close();
  assert.equal(budget.used, 20);
  two.grow(40);
  two.close();
  assert.deepEqual([budget.used, budget.refused], [0, 1]);
});

Deno.test("a connection gets no more than its share, and all no more than there is", () => {
  const budget = new Budget({ ...callBudgets.requests, limit: 10 });
  const intake = new Intake(budget, 6);
  const [one, two] = [{}, {}];
  assert.deepEqual([intake.take(one, 6), intake.take(one, 1), budget.refused], [true, false, 1]);
  assert.deepEqual([intake.take(two, 5), budget.used, budget.refused], [false, 6, 2]);
  assert.ok(intake.take(two, 4));
  intake.give(one, 6);
  assert.deepEqual([intake.take(two, 2), intake.take(two, 1), budget.used], [true, false, 6]);
});
