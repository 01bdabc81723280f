import assert from "node:assert/strict";
import {
  backendOf,
  backendValues,
  eventOf,
  failOpenOf,
  flushesOf,
  type Row,
  weightOf,
} from "../../lib/state/rows.ts";
import { backend, event } from "./support/fixtures.ts";

const said = { said_by: "anna", said_from: "here", said_at: 5 };
const word = { by: { name: "anna", from: "here" }, at: 5 };
const drain = { said: word, deadlineMs: 600, overdue: ["f"], drainedAt: 7 };
const flaps = { changes: [1, 2], holds: 1, calmSince: 3, hold: { since: 4, until: 6 } };
const rows = {
  backend: { name: "a", target: "t", state: "up", counter: 4, since: 1, enabled: 1, ...said },
  weight: { frontend: "f", pool: "p", backend: "a", weight: 0, file_weight: 100, ...said },
  failOpen: { open: { since: 1, from: 2 }, uses: [["a", null, "kept"], ["b", 3, "configured"]] },
};

/** What is read of a row whose columns are one after the other spoilt by each of `values`. */
function spoilt<T>(read: (row: Row) => T, row: Row, names: string[], values: unknown[]): T[] {
  return names.flatMap((name) => values.map((value) => read({ ...row, [name]: value })));
}

/** The drain of a backend whose column says this. */
const drainIn = (said: unknown) =>
  backendOf({ ...rows.backend, drain: typeof said === "string" ? said : JSON.stringify(said) })
    ?.drain;
const flapsIn = (said: unknown) =>
  backendOf({ ...rows.backend, flaps: JSON.stringify(said) })?.flaps;
const failOpenIn = (said: unknown) => failOpenOf({ frontend: "f", body: JSON.stringify(said) });

Deno.test("a row without what a backend or weight has to have is none", () => {
  assert.equal(backendOf(rows.backend)?.name, "a");
  const texts = spoilt(backendOf, rows.backend, ["name", "target", "state"], [1, null, "well"]);
  assert.deepEqual(texts.filter((each) => each === undefined).length, 7);
  const numbers = spoilt(backendOf, rows.backend, ["counter", "since"], ["1", null]);
  assert.deepEqual(numbers, Array(4).fill(undefined));
  assert.equal(weightOf(rows.weight)?.fileWeight, 100);
  const names = spoilt(weightOf, rows.weight, ["frontend", "pool", "backend"], [1, null]);
  assert.deepEqual(names, Array(6).fill(undefined));
  const weights = spoilt(weightOf, rows.weight, ["weight", "file_weight"], [-1, 101, 0.5, "1"]);
  assert.deepEqual(weights, Array(8).fill(undefined));
});

Deno.test("who said something is known as a whole, or not at all", () => {
  assert.deepEqual([backendOf(rows.backend)?.said, weightOf(rows.weight)?.said], [word, word]);
  const all = spoilt(backendOf, rows.backend, ["said_by", "said_from", "said_at"], [null, true]);
  assert.deepEqual(all.map((each) => [each?.name, each?.said]), Array(6).fill(["a", undefined]));
  assert.equal(backendOf({ ...rows.backend, enabled: 2 })?.enabled, undefined);
});

Deno.test("a drain that is not whole is none, and what it lacks otherwise is left out", () => {
  assert.deepEqual(drainIn(drain), drain);
  for (const by of [undefined, {}, { name: "anna" }, { from: "here" }, { name: 1, from: "here" }]) {
    assert.equal(drainIn({ ...drain, said: { by, at: 5 } }), undefined);
  }
  const none = [{ ...drain, said: { ...word, at: "5" } }, { ...drain, overdue: "f" }, {}, "x", "5"];
  assert.deepEqual(none.map(drainIn), Array(5).fill(undefined));
  assert.deepEqual(drainIn({ ...drain, deadlineMs: "600", overdue: ["f", 1], drainedAt: "7" }), {
    ...{ said: word, deadlineMs: undefined, overdue: ["f"], drainedAt: undefined },
  });
});

Deno.test("flaps that are not whole are none, and what they lack otherwise is left out", () => {
  assert.deepEqual(flapsIn(flaps), flaps);
  const none = [
    ...[{ changes: 1 }, { calmSince: "3" }, { holds: -1 }, { holds: 0.5 }, { holds: null }],
  ];
  assert.deepEqual(
    none.map((change) => flapsIn({ ...flaps, ...change })),
    Array(5).fill(undefined),
  );
  const { hold: _, ...free } = flaps;
  for (const hold of [undefined, null, { since: "4", until: 6 }, { since: 4, until: "6" }]) {
    assert.deepEqual(flapsIn({ ...flaps, changes: [1, "x", 2], hold }), free);
  }
});

Deno.test("a fail-open that is not whole is none, and of its uses those count that can be", () => {
  const { open, uses } = rows.failOpen;
  assert.deepEqual(failOpenIn({ open, uses }), { frontend: "f", open, uses });
  assert.equal(failOpenIn({ open, uses: {} }), undefined);
  assert.equal(failOpenOf({ frontend: 1, body: JSON.stringify({ open, uses }) }), undefined);
  for (const other of [undefined, null, { since: "1", from: 2 }, { since: 1, from: "2" }]) {
    assert.deepEqual(failOpenIn({ open: other, uses }), { frontend: "f", uses });
  }
  const odd = [[1, null, "kept"], ["a", "3", "kept"], ["a", null, "much"], ["a", null], "a"];
  assert.deepEqual(failOpenIn({ uses: [...uses, ...odd] }), { frontend: "f", uses });
});

Deno.test("flushes are gathered by VIP, without rows that are none", () => {
  const told = [["v", "1"], ["w", "2"], ["v", "3"], ["v", 4], [5, "6"]];
  assert.deepEqual(flushesOf(told.map(([vip, address]) => ({ vip, address }))), [
    { vip: "v", addresses: ["1", "3"] },
    { vip: "w", addresses: ["2"] },
  ]);
});

Deno.test("an event is one whose number is the row's", () => {
  const body = JSON.stringify(event(3));
  assert.deepEqual(eventOf({ seq: 3, body }), event(3));
  assert.equal(eventOf({ seq: 4, body }), undefined);
  assert.deepEqual(
    ["null", "{", "3", "[]"].map((body) => eventOf({ body })),
    Array(4).fill(undefined),
  );
});

Deno.test("what nobody has said is null, and no number that is none", () => {
  assert.deepEqual(backendValues(backend("a")).slice(5), Array(6).fill(null));
});
