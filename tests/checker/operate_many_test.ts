import assert from "node:assert/strict";
import { CheckerError, type Operation } from "../../lib/checker/mod.ts";
import type { Turn } from "../../lib/time/mod.ts";
import { Bench, fail, pass, sketch } from "./support.ts";

const names = Array.from({ length: 40 }, (_, i) => `b${i}`);

/** Twenty frontends of two backends each, and one of all. */
const many = sketch({
  backends: Object.fromEntries(names.map((name) => [name, {}])),
  frontends: {
    all: [Object.fromEntries(names.map((name) => [name, 100])), {}],
    ...Object.fromEntries(
      Array.from(
        { length: 20 },
        (_, i) => [`f${i}`, [{ [`b${2 * i}`]: 10, [`b${2 * i + 1}`]: 20 }]],
      ),
    ),
  },
});

function up(): Bench {
  const bench = new Bench(many);
  for (const name of names) bench.probe(name, pass);
  bench.events.length = 0;
  return bench;
}

const disable = (backend: string): Operation => ({ action: "disable", backend });
const weigh = (backend: string): Operation => ({
  action: "weight",
  frontend: "all",
  pool: "pool0",
  backend,
  weight: 7,
  flush: false,
});

const operations = [...names.slice(0, 30).map(disable), ...names.map(weigh)];

/** Turns that are always over; `then` is done in each of them. */
function turns(then: (turn: number) => void): Turn & { readonly count: number } {
  let count = 0;
  return {
    isOver: true,
    get count() {
      return count;
    },
    next: () => {
      then(++count);
      return Promise.resolve();
    },
  };
}

Deno.test("many operations come to the same, and are told alike, as one after the other", async () => {
  using one = up();
  using other = up();
  assert.deepEqual(
    await other.checker.operateMany(operations, { name: "me", from: "here" }),
    one.checker.operate(operations, { name: "me", from: "here" }),
  );
  assert.deepEqual(other.events, one.events);
  assert.ok(one.events.length > 100);
});

Deno.test("what many operations come to is worked out in turns, and done in one", async () => {
  using bench = up();
  const disabled = () => names.filter((name) => bench.state(name) === "disabled").length;
  const seen = new Set<number>();
  const turn = bench.clock.turn = turns(() => seen.add(disabled()));
  await bench.checker.operateMany(operations);
  assert.ok(turn.count > 15, `${turn.count} turns`);
  assert.deepEqual([...seen], [0, 30], "nobody sees some of it done");
});

Deno.test("what is done is told from the turn after it on, and before the answer", async () => {
  using bench = up();
  const told: number[] = [];
  bench.clock.turn = turns(() => told.push(bench.events.length));
  await bench.checker.operateMany([disable("b0")]);
  assert.deepEqual([Math.max(...told), bench.events.length > 2], [0, true]);
});

Deno.test("what changes meanwhile counts: it is foreseen again", async () => {
  using bench = up();
  bench.clock.turn = turns((turn) => {
    if (turn === 1) bench.checker.disable("b39");
  });
  const { frontends } = await bench.checker.operateMany(operations);
  const all = frontends.find(({ frontend }) => frontend === "all");
  assert.equal(all?.before?.weight, 3_900, "as it was when they were done");
});

Deno.test("operators do not wait for ever where states change all the time", async () => {
  using bench = up();
  const turn = bench.clock.turn = turns((turn) => {
    if (turn % 2 === 1) bench.checker.disable("b39");
    else bench.checker.enable("b39");
  });
  await bench.checker.operateMany([disable("b0")]);
  assert.equal(bench.state("b0"), "disabled");
  assert.ok(turn.count < 20, `${turn.count} turns`);
});

Deno.test("of many operations all are done or none", async () => {
  using bench = up();
  const wrong = [...operations, disable("nobody")];
  const notFound = (error: unknown) =>
    error instanceof CheckerError && /backend "nobody": no such backend/.test(error.message);
  await assert.rejects(bench.checker.operateMany(wrong), notFound);
  await assert.rejects(bench.checker.foreseeMany(wrong), notFound);
  assert.deepEqual(bench.events, []);
});

Deno.test("what is not possible any more when it is to be done leaves all as it is", async () => {
  using bench = up();
  let isDone = false;
  bench.clock.turn = turns(() => {
    if (!isDone) bench.checker.disable("b0");
    isDone = true;
  });
  const pauses = ["b1", "b0"].map((backend): Operation => ({ action: "pause", backend }));
  await assert.rejects(bench.checker.operateMany(pauses), /cannot pause backend "b0"/);
  assert.deepEqual([bench.state("b0"), bench.state("b1")], ["disabled", "up"]);
});

Deno.test("a frontend's weights are put together once for all that were set", () => {
  using bench = new Bench(many, { answers: fail });
  bench.checker.operate(names.map(weigh));
  const { config } = bench.checker.frontend("all") ?? {};
  assert.deepEqual(config?.pools[0]?.backends.map(({ weight }) => weight), names.map(() => 7));
  assert.equal(bench.checker.frontend("all")?.config, config, "the same until another is set");
});
