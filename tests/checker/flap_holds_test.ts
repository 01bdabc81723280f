import assert from "node:assert/strict";
import type { Operation } from "../../lib/checker/mod.ts";
import { steer } from "../support/steer.ts";
import { answering, fast, flap, flapping, isHeld, site, told, up } from "./support/flaps.ts";
import { type Bench, httpCheck, sketch } from "./support/bench.ts";

Deno.test("a backend that changes too often stays down though its checks pass, for its time", () => {
  using bench = up();
  flapping(bench);
  assert.deepEqual(bench.checker.backend("a")?.flapHold, {
    since: bench.clock.wall(),
    until: bench.clock.wall() + 60_000,
    isPassing: false,
  });
  assert.deepEqual(told(bench), [0, true, "flap-hold"]);
  const begun = bench.events.findLast(({ kind }) => kind === "safety");
  assert.ok(begun?.kind === "safety");
  assert.deepEqual([begun.backend, begun.change, begun.detail], [
    "a",
    "begun",
    "4 changes within 10m, down for 1m",
  ]);
  bench.events.length = 0;
  for (const well of [[0, 1, 2], [1, 2], [0, 1, 2]]) {
    answering(bench, ...well);
    bench.clock.advance(19_000);
  }
  assert.deepEqual(bench.events, [], "whatever it does");
  bench.clock.advance(3_000);
  assert.deepEqual(bench.story().slice(0, 2), ["a flap-hold ended (safety)", "a down>up (safety)"]);
  assert.deepEqual(told(bench), [100, false, "carries"]);
});

Deno.test("whoever looks at each event sees why the weight is what it is, too", () => {
  using bench = up();
  const seen: unknown[] = [];
  bench.stream.subscribe((event) => {
    seen.push(told(bench));
    if (event.kind === "safety") assert.equal(isHeld(bench), event.change === "begun");
  });
  flapping(bench);
  assert.deepEqual(told(bench), [0, true, "flap-hold"]);
  bench.clock.advance(61_000);
  assert.deepEqual(told(bench), [0, true, "not-up"]);
  assert.ok(seen.length > 0);
  assert.deepEqual(bench.log.named("event-listener-failed"), []);
});

Deno.test("one whose checks fail at the end of its time stays down until they pass", () => {
  using bench = up();
  flapping(bench);
  bench.clock.advance(61_000);
  assert.deepEqual([isHeld(bench), bench.state("a")], [false, "down"]);
  assert.deepEqual(told(bench), [0, true, "not-up"]);
  answering(bench, 0, 1, 2);
  bench.clock.advance(3_000);
  assert.equal(bench.state("a"), "up");
});

Deno.test("the next time it takes twice as long", () => {
  using bench = up();
  flapping(bench);
  answering(bench, 0, 1, 2);
  bench.clock.advance(61_000);
  flapping(bench);
  const { since = 0, until = 0 } = bench.checker.backend("a")?.flapHold ?? {};
  assert.equal(until - since, 120_000);
});

Deno.test("without flap nobody is held", () => {
  using bench = up({ checks: [httpCheck("web", fast)] });
  flapping(bench);
  flapping(bench);
  assert.equal(isHeld(bench), false);
});

Deno.test("operators lift it, and what led to it is forgotten", () => {
  for (const action of ["enable", "reset"] as const) {
    using bench = up();
    flapping(bench);
    answering(bench, 0, 1, 2);
    bench.clock.advance(3_000);
    bench.events.length = 0;
    bench.checker.operate([{ action, backend: "a" }]);
    assert.deepEqual(bench.story().slice(0, 3), [
      `${action} a`,
      "a flap-hold ended (operator)",
      "a down>up (operator)",
    ]);
    const said = bench.events[0];
    assert.ok(said?.kind === "operator");
    assert.equal(said.detail, "not held down any more");
    flapping(bench);
    const { since = 0, until = 0 } = bench.checker.backend("a")?.flapHold ?? {};
    assert.equal(until - since, 60_000);
  }
});

Deno.test("it ends with what makes no sense of it: a pause, a removal, a file without flap", async () => {
  const ends: readonly [(bench: Bench) => void | Promise<void>, string][] = [
    [(bench) => void steer(bench.checker).pause("a"), "it is paused"],
    [(bench) => void steer(bench.checker).disable("a"), "it is disabled"],
    [
      (bench) => bench.reload(sketch({ ...site, checks: [httpCheck("web", fast)] })),
      "its check has no flap any more",
    ],
    [
      (bench) =>
        bench.reload(sketch({ ...site, backends: { b: { at: "10.0.0.1" } }, frontends: {} })),
      "it is removed",
    ],
  ];
  for (const [end, why] of ends) {
    using bench = up();
    flapping(bench);
    bench.events.length = 0;
    await end(bench);
    const told = bench.events.find(({ kind }) => kind === "safety");
    assert.ok(told?.kind === "safety", why);
    assert.deepEqual([told.change, told.detail], ["ended", why]);
    bench.clock.advance(100_000);
  }
});

Deno.test("better a server that flaps than none: it comes up where nobody else is", () => {
  using bench = up();
  flapping(bench);
  answering(bench, 0, 1, 2);
  bench.clock.advance(3_000);
  assert.ok(isHeld(bench));
  bench.events.length = 0;
  answering(bench, 0, 1);
  while (bench.state("c") === "up") bench.clock.advance(1);
  const ended = bench.events.find(({ kind }) => kind === "safety");
  assert.ok(ended?.kind === "safety");
  assert.equal(ended.detail, "nobody else is up in g");
  assert.deepEqual([bench.state("a"), bench.checker.frontend("g")?.state], ["up", "up"]);
});

Deno.test("it comes up as well where an operator takes the last other one out", () => {
  const ways: readonly Operation[] = [
    { action: "drain", backend: "c" },
    { action: "disable", backend: "c" },
    { action: "weight", frontend: "g", pool: "pool0", backend: "c", weight: 0, flush: false },
  ];
  for (const way of ways) {
    using bench = up();
    flapping(bench);
    answering(bench, 0, 1, 2);
    bench.clock.advance(3_000);
    const { backends, frontends } = bench.checker.foresee([way]);
    assert.deepEqual(backends.find(({ backend }) => backend === "a")?.to, "up", way.action);
    assert.deepEqual(frontends.map(({ frontend }) => frontend), ["f", "g"]);
    bench.checker.operate([way]);
    assert.deepEqual([isHeld(bench), bench.state("a")], [false, "up"], way.action);
  }
});

Deno.test("it comes up as soon as a weight of its own is asked for where nobody else is", () => {
  using bench = up({ frontends: { f: [{ a: 100, b: 50 }], g: [{ a: 0, c: 0 }] } });
  flapping(bench);
  answering(bench, 0, 1, 2);
  bench.clock.advance(3_000);
  assert.ok(isHeld(bench), "where it has no weight nobody needs it");
  steer(bench.checker).setWeight("g", "pool0", "a", 5, false);
  assert.deepEqual([isHeld(bench), bench.state("a")], [false, "up"]);
});

Deno.test("it comes up as soon as a weight is what the file says again, where nobody else is", () => {
  using bench = up({ frontends: { f: [{ a: 100, b: 50 }], g: [{ a: 5, c: 0 }] } });
  steer(bench.checker).setWeight("g", "pool0", "a", 0, false);
  flapping(bench);
  answering(bench, 0, 1, 2);
  bench.clock.advance(3_000);
  assert.ok(isHeld(bench));
  const place = { frontend: "g", pool: "pool0", backend: "a" } as const;
  bench.checker.operate([{ action: "reset-weight", ...place }]);
  assert.deepEqual([isHeld(bench), bench.state("a")], [false, "up"]);
});

Deno.test("a reset ends a drain, then a hold, and tells both with what it does", () => {
  using bench = up();
  flapping(bench);
  bench.checker.operate([{ action: "drain", backend: "a" }]);
  bench.events.length = 0;
  bench.checker.operate([{ action: "reset", backend: "a" }]);
  const [action] = bench.events;
  assert.ok(action?.kind === "operator");
  assert.equal(action.detail, "no drain any more, not held down any more");
  const told = bench.story().filter((line) => /reset|drain|hold/.test(line));
  assert.deepEqual(told, [
    "reset a",
    "a drain ended (operator)",
    "a flap-hold ended (operator)",
  ]);
});

/** So many are held, all of one frontend, beside `well`, which is up. */
function manyHeld(count: number): Bench {
  const names = Array.from({ length: count }, (_, i) => `b${i}`);
  const backends = Object.fromEntries([...names, "well"].map((name) => [name, {}]));
  const frontends = { f: [Object.fromEntries(Object.keys(backends).map((name) => [name, 1]))] };
  const bench = up({ backends, frontends });
  for (let i = 0; i < 5; i++) {
    if (i % 2 === 0) answering(bench, count);
    else answering(bench, ...names.keys(), count);
    const want = i % 2 === 0 ? "down" : "up";
    while (names.some((name) => bench.state(name) !== want)) bench.clock.advance(10);
  }
  answering(bench, ...names.keys(), count);
  bench.clock.advance(3_000);
  assert.ok(names.every((name) => bench.checker.backend(name)?.flapHold));
  return bench;
}

Deno.test("however many are held, a change of another one costs the same", () => {
  const looks = [5, 200].map((count) => {
    using bench = manyHeld(count);
    let looks = 0;
    const now = bench.clock.now.bind(bench.clock);
    bench.clock.now = () => {
      looks++;
      return now();
    };
    for (let i = 0; i < 10; i++) {
      steer(bench.checker).setWeight("f", "pool0", "well", 2 + i, false);
      bench.checker.foresee([{ action: "pause", backend: "well" }]);
    }
    return looks;
  });
  assert.equal(looks[0], looks[1]);
});

Deno.test("all that are held end in their time, however many at once", () => {
  using bench = manyHeld(200);
  bench.clock.advance(61_000);
  const { checker } = bench;
  const held = checker.backendNames().filter((name) => checker.backend(name)?.flapHold);
  assert.deepEqual(held, []);
  assert.ok(checker.backendNames().every((name) => checker.backend(name)?.state === "up"));
});

Deno.test("of many that are held no more than are needed come up", () => {
  using bench = manyHeld(20);
  answering(bench, ...Array.from({ length: 18 }, (_, i) => 2 + i), 20);
  bench.clock.advance(2_000);
  steer(bench.checker).pause("well");
  const { checker } = bench;
  const up = checker.backendNames().filter((name) => checker.backend(name)?.state === "up");
  assert.equal(up.length, 1);
  assert.ok(!["b0", "b1"].includes(up[0] ?? ""), "those whose probes fail are passed over");
});

Deno.test("one that nobody can stand in for is held only while its checks fail", () => {
  using bench = up({ backends: { a: {} }, frontends: { f: [{ a: 100 }] } });
  flapping(bench);
  steer(bench.checker).setWeight("f", "pool0", "a", 50, false);
  assert.ok(isHeld(bench), "as long as they fail nobody gains by its end");
  answering(bench, 0);
  bench.clock.advance(2_000);
  assert.deepEqual([isHeld(bench), bench.state("a")], [false, "up"]);
});

Deno.test("one whose checks pass is not held beside servers that fail-open keeps", () => {
  for (const failOpen of ["all-down", 50] as const) {
    const long = { ...flap, holdMs: 600_000, maxHoldMs: 600_000 };
    using bench = up({ checks: [httpCheck("web", { ...fast, flap: long })], failOpen });
    flapping(bench);
    answering(bench, 0, 1, 2);
    // By then fail-open does not take it for one of those that were last in use.
    bench.clock.advance(120_000);
    assert.ok(isHeld(bench));
    answering(bench, 0);
    bench.clock.advance(3_000);
    assert.deepEqual([isHeld(bench), bench.state("a")], [false, "up"], `${failOpen}`);
    assert.deepEqual(told(bench).slice(0, 1), [100]);
  }
});

Deno.test("who was held starts slowly, and counts as down for fail-open", () => {
  using bench = up({ slowStartMs: 9_000, failOpen: 100 });
  flapping(bench);
  assert.deepEqual(told(bench), [100, false, "fail-open"]);
  answering(bench, 0, 1, 2);
  bench.clock.advance(2_000);
  assert.deepEqual([isHeld(bench), ...told(bench)], [false, 100, false, "carries"]);

  using slow = up({ slowStartMs: 9_000 });
  flapping(slow);
  answering(slow, 0, 1, 2);
  while (slow.state("a") !== "up") slow.clock.advance(1);
  assert.deepEqual(told(slow), [10, false, "slow-start"]);
});
