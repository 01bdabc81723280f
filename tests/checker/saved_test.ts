import assert from "node:assert/strict";
import type { Checker, Restored } from "../../lib/checker/mod.ts";
import { steer } from "../support/steer.ts";
import { Bench, type ConfigSketch, fail, httpCheck, pass, sketch } from "./support/bench.ts";

const site: ConfigSketch = {
  backends: { a: {}, b: {}, c: {}, d: {} },
  frontends: { f: [{ a: 100, b: 100 }, { c: 50, d: 10 }] },
};
const anna = { name: "anna", from: "192.0.2.7:1" };

/** What a checker leaves behind. */
function left(checker: Checker, isHealthFresh = true): Restored {
  const backends = checker.backendNames().flatMap((name) => {
    const saved = checker.saved(name);
    return saved ? [[name, saved] as const] : [];
  });
  const weights = checker.frontendNames().map((name) =>
    [name, checker.savedWeights(name)] as const
  );
  return {
    ...{ backends: new Map(backends), weights: new Map(weights), isHealthFresh },
    changes: new Map(),
  };
}

/** A checker to whose backends everything that there is has happened: a up, b down, c paused. */
function before(config = sketch(site)): { readonly bench: Bench; readonly restored: Restored } {
  const bench = new Bench(config);
  for (const name of ["a", "b", "c", "d"]) bench.probe(name, pass);
  for (let i = 0; i < 3; i++) bench.probe("b", fail);
  bench.probe("a", fail);
  steer(bench.checker).pause("c", anna);
  steer(bench.checker).disable("d", anna);
  steer(bench.checker).setWeight("f", "pool0", "a", 30, false, anna);
  bench.clock.advance(1);
  return { bench, restored: left(bench.checker) };
}

function shown(checker: Checker): unknown {
  return {
    backends: checker.backendNames().map((name) => {
      const { state, health, enabled } = checker.backend(name) ?? {};
      return { name, state, health, enabled };
    }),
    configured: checker.frontend("f")?.config.pools,
    state: checker.frontend("f")?.state,
  };
}

Deno.test("a restarted checker is what it was, and nothing has happened", () => {
  using old = before().bench;
  const restored = left(old.checker);
  using bench = new Bench(sketch(site), { restored });
  assert.deepEqual(shown(bench.checker), shown(old.checker));
  assert.deepEqual(bench.events, []);
  assert.deepEqual(left(bench.checker), restored, "and leaves the same behind again");
  assert.deepEqual(restored.weights.get("f"), [{
    ...{ frontend: "f", pool: "pool0", backend: "a", weight: 30, fileWeight: 100 },
    said: { by: anna, at: restored.weights.get("f")?.[0]?.said?.at },
  }]);
});

Deno.test("probing goes on from what is restored, at once, and only where probes run", () => {
  using old = before().bench;
  using bench = new Bench(sketch(site), { restored: left(old.checker) });
  bench.clock.advance(500);
  assert.deepEqual(bench.prober.starts.map(({ address }) => address).sort(), [
    "10.0.0.0",
    "10.0.0.1",
  ]);
  bench.probe("a", fail);
  assert.equal(bench.state("a"), "up", "two of three failures");
  bench.probe("a", fail);
  assert.equal(bench.state("a"), "down");
  steer(bench.checker).resume("c");
  steer(bench.checker).enable("d");
  assert.deepEqual([bench.state("c"), bench.state("d")], ["unknown", "unknown"]);
});

Deno.test("until its first result a restored backend keeps what VPP has for it", () => {
  using old = before().bench;
  using bench = new Bench(sketch(site), { restored: left(old.checker) });
  const told = () =>
    bench.checker.frontend("f")?.weights.map(({ weight, flush }) => `${weight}${flush ? "!" : ""}`);
  // VPP may have been told something later than what was kept.
  assert.deepEqual(told(), ["kept", "kept", "0", "0!"]);
  bench.probe("a", pass);
  assert.deepEqual(told(), ["30", "kept", "0", "0!"]);
  assert.deepEqual(bench.story(), ["f/a 30>30 as kept>30 (probe)"]);
  bench.probe("b", fail);
  assert.deepEqual(told(), ["30", "0!", "0", "0!"]);
});

Deno.test("health that is too old is not restored, what operators said is", () => {
  using old = before().bench;
  using bench = new Bench(sketch(site), { restored: left(old.checker, false) });
  const states = ["a", "b", "c", "d"].map((name) => bench.state(name));
  assert.deepEqual(states, ["unknown", "unknown", "paused", "disabled"]);
  const weights = bench.checker.frontend("f")?.weights.map(({ weight }) => weight);
  assert.deepEqual(weights, ["kept", "kept", 0, 0]);
  assert.equal(bench.checker.frontend("f")?.config.pools[0]?.backends[0]?.weight, 30);
});

Deno.test("what was found out elsewhere or in another way is not restored", () => {
  using old = before().bench;
  const restored = left(old.checker);
  const others: Partial<ConfigSketch>[] = [
    { checks: [httpCheck("web", { path: "/other" })] },
    { checks: [httpCheck("web", { fall: 4 })] },
    { backends: { ...site.backends, a: { at: "10.9.9.9" } } },
    { netns: "other" },
  ];
  for (const other of others) {
    using bench = new Bench(sketch({ ...site, ...other }), { restored });
    assert.equal(bench.state("a"), "unknown", JSON.stringify(other));
  }
  using renamed = new Bench(
    sketch({ ...site, checks: [httpCheck("renamed")] }),
    { restored },
  );
  assert.equal(renamed.state("a"), "up", "a name is no way to probe");
});

Deno.test("the file's weight counts where it is another one, or the place is", () => {
  using old = before().bench;
  const restored = left(old.checker);
  const weightOf = (frontends: ConfigSketch["frontends"]) => {
    using bench = new Bench(sketch({ ...site, ...frontends && { frontends } }), { restored });
    const { pools } = bench.checker.frontend("f")?.config ?? {};
    const places = pools?.flatMap(({ backends }) => backends) ?? [];
    return places.find(({ backend }) => backend === "a")?.weight;
  };
  assert.equal(weightOf(site.frontends), 30);
  assert.equal(weightOf({ f: [{ a: 90, b: 100 }, { c: 50, d: 10 }] }), 90);
  assert.equal(weightOf({ f: [{ b: 100 }, { c: 50, d: 10, a: 100 }] }), 100);
  assert.equal(weightOf({ f: [{ b: 100 }] }), undefined);
});

Deno.test("an operator's word on enabled counts for more than the file's", () => {
  using old = new Bench(sketch({ ...site, backends: { ...site.backends, b: { enabled: false } } }));
  steer(old.checker).enable("b", anna);
  steer(old.checker).disable("a", anna);
  old.probe("b", pass);
  const restored = left(old.checker);
  using bench = new Bench(
    sketch({ ...site, backends: { ...site.backends, b: { enabled: false } } }),
    { restored },
  );
  assert.deepEqual([bench.state("a"), bench.state("b")], ["disabled", "up"]);
  assert.deepEqual(bench.checker.saved("a")?.said?.by, anna);
});

Deno.test("what cannot be is not restored", () => {
  using old = before().bench;
  const restored = left(old.checker);
  const a = restored.backends.get("a");
  assert.ok(a);
  for (const counter of [0, 1, 99, -1, 2.5, NaN]) {
    const odd: Restored = { ...restored, backends: new Map([["a", { ...a, counter }]]) };
    using bench = new Bench(sketch(site), { restored: odd });
    assert.equal(bench.state("a"), "unknown", `up with a counter of ${counter}`);
  }
});

Deno.test("a reload keeps what was restored", async () => {
  using old = before().bench;
  using bench = new Bench(sketch(site), { restored: left(old.checker) });
  const was = shown(bench.checker);
  await bench.reload(sketch({ ...site, history: 3 }));
  assert.deepEqual(shown(bench.checker), was);
});

Deno.test("weights of frontends that the file has lost meanwhile end, and are told", () => {
  const { bench: old, restored } = before();
  using _ = old;
  const moved = sketch({ backends: site.backends, frontends: { g: [{ a: 100 }] } });
  using bench = new Bench(moved, { restored });
  const told = bench.events.filter(({ kind }) => kind === "override");
  assert.equal(told.length, 1);
  assert.partialDeepStrictEqual(told, [{
    ...{ frontend: "f", pool: "pool0", backend: "a", byHand: "30" },
    ...{ file: { from: "100", to: "none" }, cause: { kind: "start" } },
  }]);
});
