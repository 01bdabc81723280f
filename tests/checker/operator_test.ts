import assert from "node:assert/strict";
import { OperatorError } from "../../lib/events/mod.ts";
import { steer } from "../support/steer.ts";
import { Bench, fail, pass, sketch } from "./support/bench.ts";

const config = sketch({
  backends: { a: {}, b: {}, c: {} },
  frontends: { f: [{ a: 100 }, { b: 50 }] },
});

/** The kind and message of the OperatorError that `run` throws. */
function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof OperatorError, String(error));
    return `${error.kind}: ${error.message}`;
  }
  throw new assert.AssertionError({ message: "it was not refused" });
}

Deno.test("requests for a backend that does not exist are refused by name", () => {
  using bench = new Bench(config);
  const { checker } = bench;
  assert.equal(
    refusal(() => steer(checker).pause("x")),
    'failed-precondition: cannot pause backend "x": no such backend',
  );
  assert.equal(
    refusal(() => steer(checker).resume("x")),
    'failed-precondition: cannot resume backend "x": no such backend',
  );
  assert.equal(
    refusal(() => steer(checker).enable("x")),
    'not-found: cannot enable backend "x": no such backend',
  );
  assert.equal(
    refusal(() => steer(checker).disable("x")),
    'not-found: cannot disable backend "x": no such backend',
  );
});

Deno.test("a long name is repeated in part", () => {
  using bench = new Bench(config);
  const { checker } = bench;
  for (const [length, shown] of [[200, "x".repeat(200)], [201, `${"x".repeat(200)}…`]] as const) {
    const name = "x".repeat(length);
    const expected = `not-found: cannot disable backend "${shown}": no such backend`;
    assert.equal(refusal(() => steer(checker).disable(name)), expected);
  }
});

Deno.test("a disabled backend cannot be paused or resumed", () => {
  using bench = new Bench(config);
  steer(bench.checker).disable("a");
  for (const verb of ["pause", "resume"] as const) {
    assert.equal(
      refusal(() => steer(bench.checker)[verb]("a")),
      `failed-precondition: cannot ${verb} backend "a": it is disabled; enable it first`,
    );
  }
});

Deno.test("pausing stops probes, resuming starts them again from unknown", () => {
  using bench = new Bench(config);
  bench.probe("a", pass);
  assert.equal(steer(bench.checker).pause("a").state, "paused");
  const starts = () => bench.prober.starts.filter(({ address }) => address === "10.0.0.0").length;
  const before = starts();
  bench.clock.advance(60_000);
  assert.equal(starts(), before);
  assert.deepEqual(
    [steer(bench.checker).resume("a").state, bench.checker.backend("a")?.health],
    ["unknown", 1],
  );
  bench.probe("a", fail);
  assert.equal(bench.state("a"), "down");
});

Deno.test("each request made twice changes nothing the second time", () => {
  using bench = new Bench(config);
  for (const verb of ["pause", "resume", "disable", "enable"] as const) {
    steer(bench.checker)[verb]("a");
    const [events, records] = [bench.events.length, bench.log.records.length];
    const before = bench.checker.backend("a");
    assert.deepEqual(steer(bench.checker)[verb]("a"), before, verb);
    assert.equal(bench.events.length, events, verb);
    assert.equal(bench.log.records.length, records, verb);
  }
});

Deno.test("a stray resume or enable does not disturb a backend that is up", () => {
  using bench = new Bench(config);
  bench.probe("a", pass);
  assert.equal(steer(bench.checker).resume("a").state, "up");
  assert.equal(steer(bench.checker).enable("a").state, "up");
  assert.equal(bench.checker.backend("a")?.health, 4);
});

Deno.test("disabling a paused backend takes it out of service; enabling starts it afresh", () => {
  using bench = new Bench(config);
  steer(bench.checker).pause("a");
  assert.deepEqual([steer(bench.checker).disable("a").state, bench.state("a")], [
    "disabled",
    "disabled",
  ]);
  assert.equal(bench.checker.backend("a")?.enabled, false);
  assert.equal(steer(bench.checker).enable("a").state, "unknown");
  assert.equal(bench.checker.backend("a")?.enabled, true);
});

Deno.test("a runtime weight shows in the frontend but not in the configuration", () => {
  using bench = new Bench(config);
  bench.probe("a", pass);
  const snapshot = steer(bench.checker).setWeight("f", "pool0", "a", 7, false);
  assert.equal(snapshot.weights[0]?.weight, 7);
  assert.equal(snapshot.config.pools[0]?.backends[0]?.weight, 7);
  assert.equal(bench.checker.config.frontends.get("f")?.pools[0]?.backends[0]?.weight, 100);
  assert.deepEqual(bench.story().slice(-2), ["weight a", "f/a 100>7 as 100>7 (operator)"]);
});

Deno.test("weight 0 on the only live backend takes the frontend down, and back", () => {
  using bench = new Bench(config);
  bench.probe("a", pass);
  steer(bench.checker).setWeight("f", "pool0", "a", 0, false);
  steer(bench.checker).setWeight("f", "pool0", "a", 1, false);
  assert.deepEqual(bench.moves().slice(2), ["weight", "f up>down", "weight", "f down>up"]);
});

Deno.test("the same weight again is an event only when flows are to be moved", () => {
  using bench = new Bench(config);
  steer(bench.checker).setWeight("f", "pool0", "a", 100, false);
  assert.deepEqual(bench.moves(), []);
  steer(bench.checker).setWeight("f", "pool0", "a", 100, true);
  assert.deepEqual(bench.story(), ["weight a", "f/a 100>100 as kept>kept flush (operator)"]);
});

Deno.test("what an operator did is told with name and place, and so is what followed", () => {
  using bench = new Bench(config);
  bench.probe("b", pass);
  bench.probe("a", pass);
  bench.events.length = 0;
  const actor = { name: "jane", from: "192.0.2.7:4711" };
  steer(bench.checker).disable("a", actor);
  assert.deepEqual(bench.story(), [
    "disable a",
    "a up>disabled (operator)",
    "f pool pool0>pool1 (operator)",
    "f/a 100>100 as 100>0 (operator)",
    "f/b 50>50 as 0>50 (pool)",
  ]);
  for (const event of bench.events) assert.deepEqual(event.actor, actor, event.kind);
  steer(bench.checker).setWeight("f", "pool1", "b", 0, true);
  const [set] = bench.events.slice(5);
  assert.ok(set?.kind === "operator");
  assert.equal(set.detail, "weight in pool pool1 50 -> 0, flush");
  assert.deepEqual(set.actor, { name: "operator", from: "" });
  assert.deepEqual(bench.story().slice(5), [
    "weight b",
    "f pool pool1>pool0 (operator)",
    "f/b 50>0 as 50>0 flush (operator)",
    "f up>down (operator)",
  ]);
  assert.deepEqual(bench.events.slice(5).map((event) => "flush" in event), [
    false,
    false,
    true,
    false,
  ]);
});

Deno.test("moving flows away at the same weight leaves it to who has set it", () => {
  using bench = new Bench(config);
  const [anna, bob] = [{ name: "anna", from: "" }, { name: "bob", from: "" }];
  steer(bench.checker).setWeight("f", "pool0", "a", 7, false, anna);
  steer(bench.checker).setWeight("f", "pool0", "a", 7, true, bob);
  assert.deepEqual(bench.checker.frontend("f")?.byHand.map(({ said }) => said?.by), [anna]);
});

Deno.test("what a reset does to a weight is told as such", () => {
  using bench = new Bench(config);
  steer(bench.checker).setWeight("f", "pool1", "b", 7, false);
  bench.events.length = 0;
  bench.checker.operate([
    { action: "reset-weight", frontend: "f", pool: "pool1", backend: "b" },
  ]);
  const [action] = bench.events;
  assert.partialDeepStrictEqual(action, {
    ...{ kind: "operator", action: "reset", backend: "b", frontend: "f" },
    detail: "weight in pool pool1 7 -> 50",
  });
});

Deno.test("who is paused while it drains goes on draining", () => {
  using bench = new Bench(config);
  bench.probe("a", pass);
  bench.checker.operate([{ action: "drain", backend: "a" }]);
  steer(bench.checker).pause("a");
  assert.ok(bench.checker.backend("a")?.drain);
});

Deno.test("a weight that cannot be set is refused with the reason", () => {
  using bench = new Bench(config);
  const set = (frontend: string, pool: string, backend: string, weight: number) => () =>
    steer(bench.checker).setWeight(frontend, pool, backend, weight, false);
  for (const weight of [-1, 101, 1.5, NaN, Infinity]) {
    assert.equal(
      refusal(set("f", "pool0", "a", weight)),
      'invalid-argument: cannot set the weight of backend "a" in pool "pool0" of frontend "f": ' +
        `a weight is a whole number from 0 to 100, not ${weight}`,
    );
  }
  assert.match(refusal(set("x", "pool0", "a", 1)), /^not-found: .* "x": no such frontend$/);
  assert.match(refusal(set("f", "x", "a", 1)), /^not-found: .* "f": no such pool$/);
  assert.match(refusal(set("f", "pool1", "a", 1)), /^not-found: .* "f": no such backend$/);
  assert.match(refusal(set("f", "pool0", "x", 1)), /^not-found: .* "f": no such backend$/);
  assert.deepEqual(bench.events, []);
});
