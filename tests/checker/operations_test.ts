import assert from "node:assert/strict";
import type { Operation } from "../../lib/checker/mod.ts";
import { OperatorError } from "../../lib/events/mod.ts";
import type { Turn } from "../../lib/time/mod.ts";
import { steer } from "../support/steer.ts";
import { Bench, fail, pass, sketch } from "./support/bench.ts";

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

Deno.test("each operation is a step to look at, one to try out, and one for its weight", async () => {
  const turnsOf = async (count: number) => {
    const backends = Object.fromEntries(names.map((name) => [name, {}]));
    const all = Object.fromEntries(names.map((name) => [name, 100]));
    using bench = new Bench(sketch({ backends, frontends: { all: [all] } }));
    for (const name of names) bench.probe(name, pass);
    const turn = bench.clock.turn = turns(() => {});
    await bench.checker.foreseeMany(names.slice(0, count).map(weigh));
    return turn.count;
  };
  assert.equal(await turnsOf(40) - await turnsOf(8), 3 * (40 - 8));
});

/** Does `then` once, in the first turn in which some of `bench`'s operations have been done. */
function inTheMiddle(bench: Bench, then: () => void): void {
  const before = bench.stream.lastSeq;
  let isDone = false;
  bench.clock.turn = turns(() => {
    if (isDone || bench.stream.lastSeq === before) return;
    isDone = true;
    then();
  });
}

/** What others may see of what the operations change. */
function seen({ checker }: Bench): readonly unknown[] {
  return [
    names.map((name) => checker.backend(name)),
    checker.frontendNames().map((name) => checker.frontend(name)),
  ];
}

Deno.test("operations are done in turns, of which nobody sees or hears before the last", async () => {
  using bench = up();
  const before = seen(bench);
  const seqs = new Set<number>();
  bench.clock.turn = turns(() => {
    if (names.some((name) => bench.state(name) === "disabled")) return;
    seqs.add(bench.stream.lastSeq);
    assert.deepEqual([seen(bench), bench.events.length], [before, 0]);
  });
  await bench.checker.operateMany(operations);
  assert.ok(seqs.size > 5, `${seqs.size} steps were seen`);
  using at = up();
  at.checker.operate(operations);
  assert.deepEqual(bench.events, at.events);
});

Deno.test("who changes something else meanwhile finds all of them done", async () => {
  using bench = up();
  const found: unknown[] = [];
  inTheMiddle(bench, () => {
    steer(bench.checker).disable("b39");
    found.push(names.filter((name) => bench.state(name) === "disabled").length);
    found.push(bench.checker.frontend("all")?.config.pools[0]?.backends[39]?.weight);
  });
  await bench.checker.operateMany(operations);
  assert.deepEqual(found, [31, 7]);
});

Deno.test("who asks what something would come to meanwhile finds all of them done", async () => {
  using bench = up();
  const found: unknown[] = [];
  inTheMiddle(bench, () => {
    found.push(bench.checker.foresee([disable("b39")]).frontends[0]?.before?.weight);
  });
  await bench.checker.operateMany(operations);
  assert.deepEqual(found, [70]);
});

Deno.test("a reload that comes into force meanwhile finds all of them done", async () => {
  const [_, ...others] = names;
  const withoutFirst = sketch({
    backends: Object.fromEntries(others.map((name) => [name, {}])),
    frontends: { all: [Object.fromEntries(others.map((name) => [name, 100])), {}] },
  });
  // Wherever the reload is by then.
  for (let wait = 1; wait <= 110; wait += 3) {
    using bench = up();
    let operated: Promise<unknown> | undefined;
    bench.clock.turn = turns((turn) => {
      if (turn === wait) operated = bench.checker.operateMany(names.map(weigh)).catch(() => "late");
    });
    await bench.checker.reload(withoutFirst);
    const isLate = await operated === "late";
    const places = bench.checker.frontend("all")?.config.pools[0]?.backends;
    const weights = new Set(places?.map(({ weight }) => weight));
    const isSet = operated !== undefined && !isLate;
    assert.deepEqual([...weights], [isSet ? 7 : 100], `after ${wait} turns`);
  }
});

Deno.test("many operations wait for others to be done", async () => {
  using bench = up();
  let other: ReturnType<typeof bench.checker.operateMany> | undefined;
  let [seq, longest] = [bench.stream.lastSeq, 0];
  bench.clock.turn = turns(() => {
    const { lastSeq } = bench.stream;
    if (lastSeq > seq) other ??= bench.checker.operateMany([disable("b39")]);
    [seq, longest] = [lastSeq, Math.max(longest, lastSeq - seq)];
  });
  await bench.checker.operateMany(operations);
  const outcome = await other;
  const all = outcome?.frontends.find(({ frontend }) => frontend === "all");
  assert.deepEqual([all?.before?.weight, all?.after?.weight], [70, 63]);
  assert.ok(longest < 50, `${longest} events came of one slice`);
});

Deno.test("a checker that is closed meanwhile leaves nothing half done", async () => {
  using bench = up();
  inTheMiddle(bench, () => bench.checker.close());
  await assert.rejects(bench.checker.operateMany(operations), /maglevd is stopping/);
  assert.equal(names.filter((name) => bench.state(name) === "disabled").length, 30);
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
    if (turn === 1) steer(bench.checker).disable("b39");
  });
  const { frontends } = await bench.checker.operateMany(operations);
  const all = frontends.find(({ frontend }) => frontend === "all");
  assert.equal(all?.before?.weight, 3_900, "as it was when they were done");
});

Deno.test("it is foreseen three times at most, what changes meanwhile counted the last time but one", async () => {
  for (const changes of [0, 1, 2, 3, 4]) {
    using bench = up();
    let long = 0;
    bench.clock.turn = {
      isOver: true,
      // Before they are done, other work that takes long has its turn.
      next: (isLong) => {
        if (isLong && ++long <= changes) steer(bench.checker).disable(`b${30 + long}`);
        return Promise.resolve();
      },
    };
    const { frontends } = await bench.checker.operateMany(operations);
    const all = frontends.find(({ frontend }) => frontend === "all");
    // After each forecast, and before they are told.
    assert.equal(long, Math.min(3, changes + 1) + 1);
    assert.equal(all?.before?.weight, 4_000 - 100 * Math.min(2, changes));
  }
});

Deno.test("what many operations would come to is foreseen three times at most", async () => {
  const turnsTaken = async (then: (bench: Bench, turn: number) => void) => {
    using bench = up();
    const turn = bench.clock.turn = turns((turn) => then(bench, turn));
    await bench.checker.foreseeMany([disable("b0")]);
    return turn.count;
  };
  const once = await turnsTaken(() => {});
  const changing = await turnsTaken((bench, turn) => {
    if (turn % 2 === 1) steer(bench.checker).disable("b39");
    else steer(bench.checker).enable("b39");
  });
  assert.equal(changing, 3 * once);
});

Deno.test("operators do not wait for ever where states change all the time", async () => {
  using bench = up();
  const turn = bench.clock.turn = turns((turn) => {
    if (turn % 2 === 1) steer(bench.checker).disable("b39");
    else steer(bench.checker).enable("b39");
  });
  await bench.checker.operateMany([disable("b0")]);
  assert.equal(bench.state("b0"), "disabled");
  assert.ok(turn.count < 200, `${turn.count} turns`);
});

Deno.test("of many operations all are done or none", async () => {
  using bench = up();
  const wrong = [...operations, disable("nobody")];
  const notFound = (error: unknown) =>
    error instanceof OperatorError && /backend "nobody": no such backend/.test(error.message);
  await assert.rejects(bench.checker.operateMany(wrong), notFound);
  await assert.rejects(bench.checker.foreseeMany(wrong), notFound);
  assert.deepEqual(bench.events, []);
});

Deno.test("what is not possible any more when it is to be done leaves all as it is", async () => {
  using bench = up();
  let isDone = false;
  bench.clock.turn = turns(() => {
    if (!isDone) steer(bench.checker).disable("b0");
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
