import assert from "node:assert/strict";
import { BusyPolls } from "../../lib/net/busy_polls.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { looksOf, Polled, polled } from "./support/polled.ts";

function pollsOf(all: readonly Polled[], clock = new FakeClock()): BusyPolls {
  const polls = new BusyPolls(clock);
  for (const each of all) polls.add(each);
  return polls;
}

Deno.test("those of the turn before look once each, those of this turn not yet", () => {
  const [first, second] = [polled(2), polled(2)];
  const polls = pollsOf(first);
  assert.equal(polls.lookOfFormer(), 0);
  assert.deepEqual(looksOf(first), [0, 0]);
  for (const each of second) polls.add(each);
  polls.lookOfFormer();
  assert.deepEqual([looksOf(first), looksOf(second)], [[1, 1], [0, 0]]);
  polls.lookOfFormer();
  polls.lookOfFormer();
  assert.deepEqual([looksOf(first), looksOf(second)], [[1, 1], [1, 1]]);
});

Deno.test("two in a row that see nothing end it, and the next look goes on behind them", () => {
  const all = [1, Infinity, 1, Infinity, Infinity, 1, 1].map((at) => new Polled(at));
  const polls = pollsOf(all);
  polls.lookOfFormer();
  assert.equal(polls.lookOfFormer(), 2);
  assert.deepEqual(looksOf(all), [1, 1, 1, 1, 1, 0, 0]);
  assert.equal(polls.size, 5);
  assert.equal(polls.lookOfFormer(), 2);
  assert.deepEqual(looksOf(all), Array(7).fill(1));
  assert.deepEqual(polls.takeAll(), [all[1], all[3], all[4]]);
});

Deno.test("who has seen it is gone, and the others keep their order and their looks", () => {
  const all = [new Polled(1), new Polled(), new Polled(1), new Polled(2)];
  const later = polled(2);
  const polls = pollsOf(all);
  polls.lookOfFormer();
  for (const each of later) polls.add(each);
  assert.equal(polls.lookOfFormer(), 2);
  assert.equal(polls.size, 4);
  assert.equal(polls.lookOfFormer(), 0);
  assert.deepEqual([looksOf(all), looksOf(later)], [[1, 1, 1, 1], [1, 1]]);
  assert.equal(polls.look(), 1);
  assert.deepEqual(polls.takeAll(), [all[1], ...later]);
});

Deno.test("a look at all of them is one of each, whether they looked before or not", () => {
  const [first, second] = [polled(2), polled(2)];
  const polls = pollsOf(first);
  polls.lookOfFormer();
  polls.lookOfFormer();
  for (const each of second) polls.add(each);
  assert.equal(polls.look(), 0);
  assert.deepEqual([looksOf(first), looksOf(second)], [[2, 2], [1, 1]]);
});

Deno.test("nobody is left once all were taken, and the next are looked at as the first were", () => {
  const [first, second] = [polled(2), polled(2)];
  const polls = pollsOf(first);
  polls.lookOfFormer();
  polls.lookOfFormer();
  assert.deepEqual(polls.takeAll(), first);
  assert.deepEqual([polls.size, polls.takeAll()], [0, []]);
  for (const each of second) polls.add(each);
  polls.lookOfFormer();
  assert.deepEqual(looksOf(second), [0, 0]);
  polls.lookOfFormer();
  assert.deepEqual(looksOf(second), [1, 1]);
});

Deno.test("who looks may have all of them taken", () => {
  const all = polled(2);
  const next = polled(2);
  const polls = pollsOf(all);
  const [first] = all;
  assert.ok(first);
  first.onLook = () => {
    polls.takeAll();
    for (const each of next) polls.add(each);
  };
  polls.lookOfFormer();
  polls.lookOfFormer();
  assert.deepEqual(looksOf(all), [1, 1]);
  assert.equal(polls.size, 2);
  polls.lookOfFormer();
  assert.deepEqual(looksOf(next), [0, 0]);
  polls.lookOfFormer();
  assert.deepEqual(looksOf(next), [1, 1]);
});

Deno.test("who is out of time looks the next time", () => {
  const clock = new FakeClock();
  const all = [new Polled(1), new Polled(2), new Polled(2)];
  const polls = pollsOf(all, clock);
  polls.lookOfFormer();
  const [first, second] = all;
  assert.ok(first && second);
  first.onLook = () => clock.advance(4);
  second.onLook = () => clock.advance(0.1);
  assert.equal(polls.lookOfFormer(), 1);
  assert.deepEqual(looksOf(all), [1, 1, 0]);
  polls.lookOfFormer();
  assert.deepEqual(looksOf(all), [1, 1, 1]);
  assert.equal(polls.size, 2);
});
