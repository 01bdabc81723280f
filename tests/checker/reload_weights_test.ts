import assert from "node:assert/strict";
import { steer } from "../support/steer.ts";
import { Bench, pass, sketch } from "./support/bench.ts";

const frontends = { f: [{ a: 100 }, { b: 50 }] };
const config = sketch({ backends: { a: {}, b: {} }, frontends });

Deno.test("runtime weights outlive a reload until the file says something new about them", async () => {
  const weighed = (a: number, b: number) =>
    sketch({ backends: { a: {}, b: {} }, frontends: { f: [{ a }, { b }] } });
  using bench = new Bench(weighed(100, 50));
  bench.probe("a", pass);
  steer(bench.checker).setWeight("f", "pool0", "a", 7, false);
  steer(bench.checker).setWeight("f", "pool1", "b", 8, false);
  bench.events.length = 0;
  const weights = () => {
    const { config, file } = bench.checker.frontend("f") ?? {};
    return [config, file].map((each) =>
      each?.pools.map(({ backends }) => backends[0]?.weight).join()
    );
  };
  await bench.reload(weighed(100, 50));
  assert.deepEqual(weights(), ["7,8", "100,50"]);
  await bench.reload(weighed(100, 51));
  assert.deepEqual(weights(), ["7,51", "100,51"]);
  assert.deepEqual(bench.story(), [
    "reload applied",
    "f/b 8 by hand ended, file 50>51 (config)",
    "f/b 8>51 as kept>kept (config)",
    "reload applied",
  ]);
  steer(bench.checker).setWeight("f", "pool0", "a", 100, false);
  assert.equal(bench.checker.frontend("f")?.config, bench.checker.frontend("f")?.file);
  await bench.reload(weighed(90, 51));
  assert.deepEqual(weights(), ["90,51", "90,51"]);
});

Deno.test("runtime weights go with a pool that has another name, not to another pool", async () => {
  const pooled = (...pools: readonly (readonly [name: string, ...backends: string[]])[]) => {
    const config = sketch({ backends: { a: {}, b: {} }, frontends: { f: [{ a: 100 }] } });
    const [name, frontend] = [...config.frontends][0] ?? assert.fail();
    const made = pools.map(([name, ...members]) => ({
      name,
      backends: members.map((backend) => ({ backend, weight: 100 })),
    }));
    return { ...config, frontends: new Map([[name, { ...frontend, pools: made }]]) };
  };
  using bench = new Bench(pooled(["first", "a", "b"]));
  const weights = () =>
    bench.checker.frontend("f")?.config.pools.flatMap(({ backends }) =>
      backends.map(({ backend, weight }) => `${backend} ${weight}`)
    );
  steer(bench.checker).setWeight("f", "first", "a", 0, false);
  steer(bench.checker).setWeight("f", "first", "b", 7, false);
  await bench.reload(pooled(["primary", "a", "b"]));
  assert.deepEqual(weights(), ["a 0", "b 7"], "the pool was renamed");
  await bench.reload(pooled(["primary", "a"], ["backup", "b"]));
  assert.deepEqual(weights(), ["a 0", "b 100"], "b stands in another pool");
  await bench.reload(pooled(["backup", "a"], ["primary", "b"]));
  assert.deepEqual(weights(), ["a 100", "b 100"], "both do");
});

Deno.test("runtime weights go with a frontend that has another name for its VIP", async () => {
  const named = (name: string, a = 100) =>
    sketch({ backends: { a: {}, b: {} }, frontends: { [name]: [{ a, b: 100 }] } });
  using bench = new Bench(named("f"));
  bench.probe("a", pass);
  steer(bench.checker).setWeight("f", "pool0", "a", 7, false);
  steer(bench.checker).setWeight("f", "pool0", "b", 0, false);
  bench.events.length = 0;
  await bench.reload(named("g"));
  const weights = () => bench.checker.frontend("g")?.config.pools[0]?.backends.map((b) => b.weight);
  assert.deepEqual(weights(), [7, 0]);
  assert.deepEqual(bench.story(), [
    "g/a absent>7 as absent>7 (config)",
    "g/b absent>0 as absent>kept (config)",
    "g unknown>up (config)",
    "f up>removed (config)",
    "reload applied",
  ]);
  await bench.reload(named("h", 50));
  assert.deepEqual(bench.checker.frontend("h")?.weights[0]?.weight, 50, "the file says so");
});

Deno.test("a weight set while a reload is being worked out stays", async () => {
  const backends = { b0: {}, b1: {} };
  const same = (history: number, description: number) =>
    sketch({ backends, history, frontends: { f: [{ b0: 100, b1: description }] } });
  for (const other of [1, 2]) {
    using bench = new Bench(same(5, 1));
    bench.probe("b0", pass);
    let set = false;
    const next = () => {
      if (!set) steer(bench.checker).setWeight("f", "pool0", "b0", 0, false);
      set = true;
      return Promise.resolve();
    };
    bench.clock.turn = { isOver: true, next };
    await bench.reload(same(5, other));
    assert.ok(set);
    assert.equal(bench.checker.frontend("f")?.weights[0]?.weight, 0);
    assert.equal(bench.checker.frontend("f")?.config.pools[0]?.backends[0]?.weight, 0);
    assert.deepEqual(bench.moves().slice(-3), ["weight", "f up>down", "reload"]);
  }
});

Deno.test("a backend that changes its pool, and one that leaves, are told with their weights", async () => {
  using bench = new Bench(config);
  bench.probe("a", pass);
  bench.probe("b", pass);
  steer(bench.checker).setWeight("f", "pool0", "a", 7, false);
  bench.events.length = 0;
  await bench.reload(sketch({ backends: { a: {}, b: {} }, frontends: { f: [{ b: 50, a: 100 }] } }));
  assert.deepEqual(bench.story(), [
    "f/b 50>50 as 0>50 (config)",
    "reload applied",
  ]);
  bench.events.length = 0;
  await bench.reload(sketch({ backends: { a: {}, b: {} }, frontends: { f: [{ b: 50 }] } }));
  assert.deepEqual(bench.story(), [
    "f/a 7 by hand ended, file 100>none (config)",
    "f/a 7>absent as 7>absent (config)",
    "reload applied",
  ]);
});

Deno.test("what was said by hand of what a reload takes away ends, and is told", async () => {
  const before = sketch({
    backends: { a: {}, b: {}, c: {} },
    frontends: { f: [{ a: 100 }], g: [{ b: 100, c: 100 }] },
  });
  const after = sketch({ backends: { a: {}, c: {} }, frontends: { f: [{ a: 100 }] } });
  using bench = new Bench(before);
  steer(bench.checker).setWeight("f", "pool0", "a", 6, false);
  steer(bench.checker).setWeight("g", "pool0", "c", 7, false);
  steer(bench.checker).disable("a");
  steer(bench.checker).pause("b");
  const ended = [
    { backend: "b", frontend: "", byHand: "paused", file: { from: "enabled", to: "none" } },
    { backend: "c", frontend: "g", byHand: "7", file: { from: "100", to: "none" } },
  ];
  const foreseen = await bench.checker.foreseeReload(after);
  assert.partialDeepStrictEqual(foreseen.overrides, ended);
  assert.equal(foreseen.overrides.length, ended.length);
  bench.events.length = 0;
  await bench.reload(after);
  const told = bench.events.filter(({ kind }) => kind === "override");
  assert.partialDeepStrictEqual(told, ended);
  assert.equal(told.length, ended.length);
  await bench.reload(before);
  assert.equal(bench.checker.frontend("g")?.config.pools[0]?.backends[1]?.weight, 100);
});
