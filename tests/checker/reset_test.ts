import assert from "node:assert/strict";
import type { Restored, SavedWeight } from "../../lib/checker/mod.ts";
import { steer } from "../support/steer.ts";
import { Bench, pass, sketch } from "./support/bench.ts";

const weighed = (a = 100, b = 100) =>
  sketch({ backends: { a: {}, b: {} }, frontends: { f: [{ a, b }], g: [{ a: 50 }] } });

/** Both are up. */
function up(config = weighed()): Bench {
  const bench = new Bench(config);
  for (const name of ["a", "b"]) bench.probe(name, pass);
  bench.events.length = 0;
  return bench;
}

const anna = { name: "anna", from: "192.0.2.7" };

Deno.test("a reset undoes what was asked for along with it, before it", () => {
  using bench = new Bench(sketch({ backends: { a: {} }, frontends: { f: [{ a: 100 }] } }));
  bench.probe("a", pass);
  const set = { frontend: "f", pool: "pool0", backend: "a", weight: 7, flush: false } as const;
  bench.checker.operate([
    { action: "drain", backend: "a" },
    { action: "enable", backend: "a" },
    { action: "weight", ...set },
    { action: "drain", backend: "a" },
    { action: "reset", backend: "a" },
  ]);
  assert.equal(bench.checker.backend("a")?.drain, undefined);
  assert.equal(bench.checker.frontend("f")?.weights[0]?.weight, 100);
  assert.equal(bench.checker.saved("a")?.enabled, undefined);
  bench.checker.operate([{ action: "weight", ...set }, { action: "reset-all" }]);
  assert.equal(bench.checker.frontend("f")?.weights[0]?.weight, 100);
});

Deno.test("what is said by hand is shown with who said it and what the file says", () => {
  using bench = up();
  const { checker, clock } = bench;
  const said = { by: anna, at: clock.wall() };
  steer(checker).pause("a", anna);
  assert.deepEqual(checker.backend("a")?.byHand, { state: "paused", fileEnabled: true, said });
  steer(checker).disable("a", anna);
  assert.deepEqual(checker.backend("a")?.byHand, { state: "disabled", fileEnabled: true, said });
  steer(checker).enable("a", anna);
  assert.equal(checker.backend("a")?.byHand, undefined, "that is what the file says");
  assert.deepEqual(checker.frontend("f")?.byHand, []);
  steer(checker).setWeight("f", "pool0", "b", 7, false, anna);
  const place = { frontend: "f", pool: "pool0", backend: "b" };
  assert.deepEqual(checker.frontend("f")?.byHand, [{ ...place, weight: 7, fileWeight: 100, said }]);
  steer(checker).setWeight("f", "pool0", "b", 100, false, anna);
  assert.deepEqual(checker.frontend("f")?.byHand, [], "that is what the file says");
});

Deno.test("a backend that the file has disabled is enabled by hand", () => {
  using bench = new Bench(sketch({ backends: { a: { enabled: false } } }));
  assert.equal(bench.checker.backend("a")?.byHand, undefined);
  steer(bench.checker).enable("a");
  assert.partialDeepStrictEqual(bench.checker.backend("a")?.byHand, {
    state: "enabled",
    fileEnabled: false,
  });
  bench.checker.operate([{ action: "reset", backend: "a" }]);
  assert.equal(bench.state("a"), "disabled");
});

Deno.test("a reset of a backend brings back what the file says, its weights included", () => {
  using bench = up();
  const { checker } = bench;
  steer(checker).pause("a");
  steer(checker).setWeight("f", "pool0", "a", 7, false);
  steer(checker).setWeight("g", "pool0", "a", 8, false);
  steer(checker).setWeight("f", "pool0", "b", 9, false);
  bench.events.length = 0;
  checker.operate([{ action: "reset", backend: "a" }], anna);
  assert.deepEqual(
    bench.story(),
    [
      "reset a",
      "a paused>unknown (operator)",
      "g down>unknown (operator)",
      "reset a",
      "f/a 7>100 as 0>0 (operator)",
      "reset a",
      "g/a 8>50 as 0>0 (operator)",
    ],
  );
  assert.equal(checker.backend("a")?.byHand, undefined);
  assert.deepEqual(checker.savedWeights("f").map(({ backend }) => backend), ["b"]);
  assert.equal(checker.saved("a")?.said, undefined);
});

Deno.test("resets of a weight, of a frontend and of all go as far as they say", () => {
  const set = (bench: Bench) => {
    const { checker } = bench;
    steer(checker).setWeight("f", "pool0", "a", 7, false);
    steer(checker).setWeight("f", "pool0", "b", 8, false);
    steer(checker).setWeight("g", "pool0", "a", 9, false);
    steer(checker).disable("b");
  };
  const left = ({ checker }: Bench) => [
    ...["f", "g"].flatMap((name) =>
      checker.savedWeights(name).map(({ frontend, backend }) => `${frontend}/${backend}`)
    ),
    ...["a", "b"].filter((name) => checker.backend(name)?.byHand),
  ];
  const table = [
    [{ action: "reset-weight", frontend: "f", pool: "pool0", backend: "a" }, "f/b g/a b"],
    [{ action: "reset-frontend", frontend: "f" }, "g/a b"],
    [{ action: "reset-all" }, ""],
  ] as const;
  for (const [operation, expected] of table) {
    using bench = up();
    set(bench);
    bench.checker.operate([operation]);
    assert.equal(left(bench).join(" "), expected, operation.action);
  }
});

Deno.test("a reset of what there is not is refused", () => {
  using bench = up();
  const { checker } = bench;
  const place = { action: "reset-weight", frontend: "f", pool: "pool1", backend: "a" } as const;
  assert.throws(() => checker.operate([place]), /no such pool/);
  assert.throws(
    () => checker.operate([{ action: "reset", backend: "x" }]),
    /cannot reset backend "x": no such backend/,
  );
  assert.throws(
    () => checker.operate([{ action: "reset-frontend", frontend: "x" }]),
    /cannot reset frontend "x": no such frontend/,
  );
});

Deno.test("after a reset the file decides again whether a backend is enabled", async () => {
  const named = (enabled: boolean) => sketch({ backends: { a: { enabled } } });
  using bench = new Bench(named(true));
  steer(bench.checker).disable("a");
  bench.checker.operate([{ action: "reset", backend: "a" }]);
  await bench.reload(named(false));
  assert.equal(bench.state("a"), "disabled");
  await bench.reload(named(true));
  assert.equal(bench.state("a"), "unknown");
});

Deno.test("a file that says something new about a weight ends what was said by hand, as an event", async () => {
  using bench = up();
  steer(bench.checker).setWeight("f", "pool0", "a", 7, false);
  steer(bench.checker).setWeight("f", "pool0", "b", 8, false);
  bench.events.length = 0;
  await bench.reload(weighed(100, 60));
  assert.deepEqual(bench.story(), [
    "f/b 8 by hand ended, file 100>60 (config)",
    "f/b 8>60 as 8>60 (config)",
    "reload applied",
  ]);
  const { checker } = bench;
  assert.deepEqual(checker.savedWeights("f").map(({ backend }) => backend), ["a"]);
  bench.events.length = 0;
  await bench.reload(
    sketch({ backends: { a: {}, b: {} }, frontends: { f: [{ b: 60 }], g: [{ a: 50 }] } }),
  );
  assert.equal(bench.story()[0], "f/a 7 by hand ended, file 100>none (config)");
});

Deno.test("an operator's word that the file comes to say as well ends, as an event", async () => {
  const named = (enabled: boolean) => sketch({ backends: { a: { enabled } } });
  using bench = new Bench(named(false));
  steer(bench.checker).enable("a");
  bench.probe("a", pass);
  bench.events.length = 0;
  await bench.reload(named(true));
  assert.deepEqual(bench.story(), [
    "/a enabled by hand ended, file disabled>enabled (config)",
    "reload applied",
  ]);
  assert.equal(bench.state("a"), "up");
  await bench.reload(named(false));
  assert.equal(bench.state("a"), "disabled");
});

Deno.test("a file that was changed while maglevd was away ends what was said by hand, as an event", () => {
  const saved = (backend: string, fileWeight: number): SavedWeight => ({
    ...{ frontend: "f", pool: "pool0", backend, weight: 7, fileWeight },
    said: undefined,
  });
  const weights = new Map([["f", [saved("a", 100), saved("b", 90), saved("c", 1)]]]);
  const restored: Restored = {
    ...{ backends: new Map(), weights, changes: new Map(), isHealthFresh: false },
  };
  using bench = new Bench(weighed(), { restored });
  assert.deepEqual(bench.story(), [
    "f/b 7 by hand ended, file 90>100 (start)",
    "f/c 7 by hand ended, file 1>none (start)",
  ]);
  assert.deepEqual(bench.checker.savedWeights("f").map(({ backend }) => backend), ["a"]);
});

Deno.test("after a reset nobody has said anything, though what was said had been taken back", () => {
  using bench = up();
  steer(bench.checker).pause("a", anna);
  steer(bench.checker).resume("a", anna);
  assert.equal(bench.checker.saved("a")?.said?.by, anna);
  bench.events.length = 0;
  bench.checker.operate([{ action: "reset", backend: "a" }]);
  assert.equal(bench.checker.saved("a")?.said, undefined);
  assert.deepEqual(bench.events, [], "nothing has changed by it");
});

Deno.test("a reset ends a pause of which nobody remembers who asked for it", () => {
  using old = up();
  steer(old.checker).pause("a");
  const { said: _, ...nameless } = old.checker.saved("a") ?? assert.fail();
  const restored: Restored = {
    backends: new Map([["a", { ...nameless, said: undefined }]]),
    ...{ weights: new Map(), changes: new Map(), isHealthFresh: true },
  };
  using bench = new Bench(weighed(), { restored });
  assert.equal(bench.state("a"), "paused");
  bench.checker.operate([{ action: "reset", backend: "a" }]);
  assert.equal(bench.state("a"), "unknown");
});

Deno.test("a word that the file agrees with is not kept, and holds nothing against it later", () => {
  const named = (enabled: boolean) => sketch({ backends: { a: { enabled } } });
  using old = new Bench(named(true));
  steer(old.checker).disable("a");
  const disabled = old.checker.saved("a");
  assert.equal(disabled?.enabled, false);
  steer(old.checker).enable("a");
  const saved = old.checker.saved("a");
  assert.ok(saved);
  assert.equal(saved.enabled, undefined);
  const restored: Restored = {
    backends: new Map([["a", saved]]),
    ...{ weights: new Map(), changes: new Map(), isHealthFresh: false },
  };
  using bench = new Bench(named(false), { restored });
  assert.equal(bench.state("a"), "disabled", "the file has come to say so while maglevd was away");
});
