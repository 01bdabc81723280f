import assert from "node:assert/strict";
import { emptyGeneration, planReload } from "../../lib/checker/plan.ts";
import { atOnce } from "../../lib/time/mod.ts";
import { steer } from "../support/steer.ts";
import { Bench, type ConfigSketch, fail, httpCheck, pass, sketch } from "./support/bench.ts";

Deno.test("a backend renamed at the same address and check keeps what is known of it", async () => {
  const named = (name: string, change = {}) =>
    sketch({
      backends: { [name]: { at: "10.0.0.7", ...change }, b: { at: "10.0.0.1" } },
      frontends: { f: [{ [name]: 100 }, { b: 50 }] },
    });
  using bench = new Bench(named("a"));
  bench.probe("a", pass);
  const before = bench.checker.backend("a");
  bench.events.length = 0;
  await bench.reload(named("z"));
  assert.deepEqual(bench.story(), [
    "a up>removed (config)",
    "z unknown>up (config)",
    "f/a 100>absent as 100>absent (config)",
    "f/z absent>100 as absent>100 (config)",
    "reload applied",
  ]);
  const after = bench.checker.backend("z");
  assert.ok(before && after);
  const { config: _, ...known } = before;
  assert.deepEqual(after, { ...known, config: after.config });
  bench.probe("z", fail);
  assert.equal(bench.state("z"), "up");
  steer(bench.checker).disable("z");
  await bench.reload(named("y"));
  assert.equal(bench.state("y"), "disabled", "an operator's word goes with it");
  await bench.reload(named("x", { healthcheck: "web" }));
  assert.equal(bench.state("x"), "disabled");
});

Deno.test("an operator's weight goes with a renamed backend", async () => {
  const named = (name: string, weight = 50) =>
    sketch({
      backends: { [name]: { at: "10.0.0.7" }, b: { at: "10.0.0.1" } },
      frontends: { f: [{ [name]: weight, b: 50 }] },
    });
  using bench = new Bench(named("a"));
  bench.probe("a", pass);
  steer(bench.checker).setWeight("f", "pool0", "a", 100, false);
  bench.events.length = 0;
  await bench.reload(named("z"));
  assert.equal(bench.checker.frontend("f")?.weights[0]?.weight, 100);
  assert.deepEqual(bench.story().slice(2, -1), [
    "f/a 100>absent as 100>absent (config)",
    "f/z absent>100 as absent>100 (config)",
  ]);
  await bench.reload(named("y", 51));
  assert.equal(bench.checker.frontend("f")?.weights[0]?.weight, 51);
});

Deno.test("what a renamed backend is told does not depend on its new name", async () => {
  const named = (name: string) =>
    sketch({ backends: { [name]: { at: "10.0.0.7" } }, frontends: { f: [{ [name]: 50 }] } });
  using bench = new Bench(named("a"));
  steer(bench.checker).pause("a");
  steer(bench.checker).resume("a");
  await bench.reload(named("z"));
  assert.deepEqual(bench.checker.frontend("f")?.weights[0]?.weight, 0, "it is not untested");
  using fresh = new Bench(named("a"));
  await fresh.reload(named("z"));
  assert.deepEqual(fresh.checker.frontend("f")?.weights[0]?.weight, "kept");
});

Deno.test("what operators said of a backend that moves goes with it, and not with its server", async () => {
  const before = sketch({ backends: { a: { at: "10.0.0.1" } }, frontends: { f: [{ a: 50 }] } });
  const after = sketch({
    backends: { a: { at: "10.0.0.2" }, z: { at: "10.0.0.1" } },
    frontends: { f: [{ a: 50, z: 50 }] },
  });
  for (const verb of ["disable", "pause"] as const) {
    using bench = new Bench(before);
    bench.probe("a", pass);
    steer(bench.checker)[verb]("a");
    await bench.reload(after);
    assert.deepEqual([bench.state("a"), bench.state("z")], [
      `${verb === "pause" ? "paused" : "disabled"}`,
      "unknown",
    ]);
    await bench.reload(before);
    assert.equal(bench.state("a"), `${verb === "pause" ? "paused" : "disabled"}`);
  }
  using bench = new Bench(before);
  bench.probe("a", pass);
  steer(bench.checker).setWeight("f", "pool0", "a", 7, false);
  await bench.reload(after);
  assert.equal(bench.state("z"), "up", "what was found out stays with the server");
  assert.deepEqual(bench.checker.backend("z")?.transitions, []);
  const weights = bench.checker.frontend("f")?.weights.map(({ weight }) => weight);
  assert.deepEqual(weights, [7, 50]);
});

Deno.test("a renamed backend that the file disables is disabled", async () => {
  using bench = new Bench(sketch({ backends: { a: { at: "10.0.0.7" } } }));
  bench.probe("a", pass);
  await bench.reload(sketch({ backends: { z: { at: "10.0.0.7", enabled: false } } }));
  assert.equal(bench.state("z"), "disabled");
  await bench.reload(sketch({ backends: { y: { at: "10.0.0.7" } } }));
  assert.equal(bench.state("y"), "unknown");
});

Deno.test("a new backend at a known address by another check, or at another, is a fresh one", async () => {
  for (const change of [{ port: 81 }, { intervalMs: 1 }, { fall: 9 }] as const) {
    using bench = new Bench(sketch({ backends: { a: { at: "10.0.0.7" } } }));
    bench.probe("a", pass);
    const checks = [httpCheck("web", change)];
    await bench.reload(sketch({ checks, backends: { z: { at: "10.0.0.7" } } }));
    assert.equal(bench.state("z"), "port" in change ? "unknown" : "up");
    if ("fall" in change) assert.equal(bench.checker.backend("z")?.health, 10);
  }
  using bench = new Bench(sketch({ backends: { a: { at: "10.0.0.7" } } }));
  bench.probe("a", pass);
  await bench.reload(sketch({ backends: { z: { at: "10.0.0.8" } } }));
  assert.equal(bench.state("z"), "unknown");
});

Deno.test("what operators said goes with a renamed backend that is probed otherwise from now on", async () => {
  const named = (name: string, port: number, enabled = true) =>
    sketch({
      checks: [httpCheck("web", { port })],
      backends: { [name]: { at: "10.0.0.7", enabled }, b: { at: "10.0.0.1" } },
      frontends: { f: [{ [name]: 50, b: 50 }] },
    });
  using enabled = new Bench(named("a", 80, false));
  steer(enabled.checker).enable("a");
  enabled.probe("a", pass);
  steer(enabled.checker).setWeight("f", "pool0", "a", 70, false);
  await enabled.reload(named("z", 81, false));
  assert.equal(enabled.state("z"), "unknown", "in service, as the operator wants");
  const { config, weights } = enabled.checker.frontend("f") ?? {};
  assert.equal(weights?.[0]?.weight, "kept", "and no weight is lowered");
  assert.equal(config?.pools[0]?.backends[0]?.weight, 70);
  enabled.probe("z", fail);
  assert.equal(enabled.state("z"), "down");

  for (const verb of ["pause", "disable"] as const) {
    using away = new Bench(named("a", 80));
    away.probe("a", pass);
    steer(away.checker)[verb]("a");
    await away.reload(named("z", 81));
    assert.equal(away.state("z"), `${verb}d`);
  }
});

Deno.test("two backends that change places keep what was found out at their addresses", async () => {
  const placed = (a: string, b: string) =>
    sketch({ backends: { a: { at: a }, b: { at: b } }, frontends: { f: [{ a: 100, b: 50 }] } });
  using bench = new Bench(placed("10.0.0.1", "10.0.0.2"));
  bench.probe("a", pass);
  bench.probe("b", fail);
  bench.events.length = 0;
  await bench.reload(placed("10.0.0.2", "10.0.0.1"));
  assert.deepEqual([bench.state("a"), bench.state("b")], ["down", "up"]);
  assert.deepEqual(bench.story(), [
    "a up>down (config)",
    "f/a 100>100 as 100>0 (config)",
    "b down>up (config)",
    "f/b 50>50 as 0>50 (config)",
    "reload applied",
  ]);
  assert.equal(bench.checker.backend("b")?.health, 4);
});

Deno.test("who moves to a known server by another check has its verdict until the first result", async () => {
  const checks = [httpCheck("web"), httpCheck("other", { port: 81, rise: 1, fall: 1 })];
  const bed = () =>
    new Bench(sketch({
      checks,
      backends: { a: { at: "10.0.0.1", healthcheck: "other" }, b: { at: "10.0.0.2" } },
      frontends: { f: [{ a: 100, b: 50 }] },
    }));
  const after = { a: { at: "10.0.0.2", healthcheck: "other" } };
  for (const netns of ["", "dataplane"]) {
    using bench = bed();
    bench.probe("a", fail);
    bench.probe("b", pass);
    await bench.reload(sketch({ checks, backends: after, frontends: { f: [{ a: 50 }] }, netns }));
    assert.equal(bench.checker.frontend("f")?.weights[0]?.weight, 50, "nobody saw that it is down");
    bench.probe("a", fail);
    assert.equal(bench.state("a"), "down", "one failure is enough");
  }
  using paused = bed();
  paused.probe("a", pass);
  steer(paused.checker).pause("b");
  await paused.reload(sketch({ checks, backends: after, frontends: { f: [{ a: 50 }] } }));
  assert.equal(paused.state("a"), "up", "a pause goes with its name");
});

Deno.test("a name that was disabled, given to a server that is known, takes over what is known", async () => {
  const site = (backends: ConfigSketch["backends"], name: string) =>
    sketch({ backends, frontends: { f: [{ [name]: 100 }] } });
  using bench = new Bench(
    site({ a: { at: "10.0.0.1", enabled: false }, b: { at: "10.0.0.2" } }, "b"),
  );
  bench.probe("b", pass);
  bench.events.length = 0;
  await bench.reload(site({ a: { at: "10.0.0.2" } }, "a"));
  assert.deepEqual([bench.state("a"), bench.checker.backend("a")?.health], ["up", 4]);
  assert.deepEqual(bench.story(), [
    "a disabled>up (config)",
    "f/a absent>100 as absent>100 (config)",
    "b up>removed (config)",
    "f/b 100>absent as 100>absent (config)",
    "reload applied",
  ]);
  bench.clock.advance(1_000);
  assert.equal(bench.prober.flights.has("10.0.0.2"), true, "and it is probed");

  using steered = new Bench(
    site({ a: { at: "10.0.0.1" }, b: { at: "10.0.0.2" } }, "b"),
  );
  steered.probe("b", pass);
  steer(steered.checker).disable("a");
  await steered.reload(site({ a: { at: "10.0.0.2" } }, "a"));
  assert.equal(steered.state("a"), "disabled", "an operator's word is about the name that stays");
});

Deno.test("who moves to a server that another goes on probing takes over what is known of it", async () => {
  const b = { at: "10.0.0.5" };
  using bench = new Bench(sketch({
    backends: { a: { at: "10.0.0.4" }, b },
    frontends: { f: [{ a: 50, b: 50 }] },
  }));
  bench.probe("a", fail);
  bench.probe("b", pass);
  await bench.reload(
    sketch({ backends: { a: { at: "10.0.0.5" }, b }, frontends: { f: [{ a: 50 }] } }),
  );
  assert.equal(bench.state("a"), "up");
  assert.equal(bench.checker.frontend("f")?.weights[0]?.weight, 50, "the server has traffic");
});

Deno.test("who comes into service where another is taken away takes over what is known there", async () => {
  const sketched = (enabled: boolean, others: Record<string, { at: string }>) =>
    sketch({
      backends: { a: { at: "10.0.0.4", enabled }, ...others },
      frontends: {
        f: [Object.fromEntries(
          Object.keys({ ...(enabled && { a: 0 }), ...others })
            .map((name) => [name, 50]),
        )],
      },
    });
  using bench = new Bench(sketched(false, { b: { at: "10.0.0.4" } }));
  bench.probe("b", pass);
  await bench.reload(sketched(true, {}));
  assert.equal(bench.state("a"), "up");
  assert.equal(bench.checker.frontend("f")?.weights[0]?.weight, 50);
  for (let i = 0; i < 3; i++) bench.probe("a", fail);
  assert.equal(bench.state("a"), "down", "it is probed from now on");
});

Deno.test("who comes into service at a server that another is yet to learn of is probed", async () => {
  const sketched = (enabled: boolean) =>
    sketch({ backends: { a: { at: "10.0.0.4", enabled }, b: { at: "10.0.0.4" } }, frontends: {} });
  using bench = new Bench(sketched(false));
  await bench.reload(sketched(true));
  assert.equal(bench.state("a"), "unknown");
  bench.prober.answers = () => pass;
  bench.clock.advance(10_000);
  assert.deepEqual([bench.state("a"), bench.state("b")], ["up", "up"]);
});

Deno.test("who moves to a server of which nothing is known knows nothing of it either", async () => {
  const placed = (a: string, b: string) =>
    sketch({ backends: { a: { at: a }, b: { at: b } }, frontends: { f: [{ a: 100, b: 50 }] } });
  using bench = new Bench(placed("10.0.0.1", "10.0.0.2"));
  bench.probe("a", fail);
  bench.events.length = 0;
  await bench.reload(placed("10.0.0.2", "10.0.0.1"));
  assert.deepEqual([bench.state("a"), bench.state("b")], ["unknown", "down"]);
  const weights = bench.checker.frontend("f")?.weights.map(({ weight }) => weight);
  assert.deepEqual(weights, ["kept", 0], "the server of which nothing is known keeps what it has");
  assert.deepEqual(bench.story(), [
    "a down>unknown (config)",
    "f/a 100>100 as 0>kept (config)",
    "b unknown>down (config)",
    "f/b 50>50 as kept>0 (config)",
    "reload applied",
  ]);
});

Deno.test("a weight that is kept from now on is told, though the backend was unknown before", async () => {
  const placed = (a: string, b: string) =>
    sketch({ backends: { a: { at: a }, b: { at: b } }, frontends: { f: [{ a: 100, b: 50 }] } });
  using bench = new Bench(placed("10.0.0.1", "10.0.0.2"));
  steer(bench.checker).pause("a");
  steer(bench.checker).resume("a");
  bench.events.length = 0;
  await bench.reload(placed("10.0.0.2", "10.0.0.1"));
  const weights = bench.checker.frontend("f")?.weights.map(({ weight }) => weight);
  assert.deepEqual(weights, ["kept", 0]);
  assert.deepEqual(bench.story(), [
    "f/a 100>100 as 0>kept (config)",
    "f/b 50>50 as kept>0 (config)",
    "reload applied",
  ]);
});

Deno.test("backends change places at one stroke, however long the reload takes", async () => {
  const placed = (a: string, b: string) =>
    sketch({ backends: { a: { at: a }, b: { at: b } }, frontends: { f: [{ a: 100, b: 50 }] } });
  // What comes before the two takes more than one slice of work.
  const leaving = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`o${i}`, {}]));
  const before = placed("203.0.113.1", "203.0.113.2");
  const { backends } = sketch({ backends: leaving });
  using bench = new Bench({ ...before, backends: new Map([...backends, ...before.backends]) });
  bench.probe("a", pass);
  bench.probe("b", fail);
  const seen = new Set<string>();
  const look = () => {
    const { checker } = bench;
    const weights = checker.frontend("f")?.weights ?? [];
    seen.add(
      weights.map(({ backend, weight }) =>
        `${checker.config.backends.get(backend)?.address.text} ${weight}`
      ).sort().join(", "),
    );
  };
  bench.stream.subscribe(look);
  look();
  await bench.reload(placed("203.0.113.2", "203.0.113.1"));
  assert.deepEqual([...seen], [
    "203.0.113.1 100, 203.0.113.2 0",
    "203.0.113.1 50, 203.0.113.2 0",
  ]);
});

Deno.test("only who moves or is new takes over what another knew, not who stays where it was", () => {
  const checks = [httpCheck("web"), httpCheck("other", { port: 81 })];
  const before = sketch({
    checks,
    backends: { a: { at: "10.0.0.1" }, b: { at: "10.0.0.1", healthcheck: "other" } },
  });
  const { generation } = atOnce(planReload(emptyGeneration(before), before, 0));
  // One host with two checks: what is left of it is probed as the other was.
  const rest = sketch({ checks, backends: { a: { at: "10.0.0.1", healthcheck: "other" } } });
  const { changed, gone } = atOnce(planReload(generation, rest, 0)).backends;
  assert.deepEqual(gone.map(({ name }) => name), ["b"]);
  assert.deepEqual(changed.map(({ entry, recheck, donor }) => [entry.name, recheck, donor?.name]), [
    ["a", "target", undefined],
  ]);
});

Deno.test("what operators said of a server that is gone is taken over once, by who is new there", () => {
  const checks = [
    httpCheck("web"),
    httpCheck("other", { port: 81 }),
    httpCheck("third", { port: 82 }),
  ];
  const at = (backends: Record<string, [at: string, healthcheck: string]>) =>
    sketch({
      checks,
      backends: Object.fromEntries(
        Object.entries(backends).map(([name, [at, healthcheck]]) => [name, { at, healthcheck }]),
      ),
    });
  const before = at({ a: ["10.0.0.1", "web"], m: ["10.0.0.2", "web"] });
  const { generation } = atOnce(planReload(emptyGeneration(before), before, 0));
  const after = at({
    m: ["10.0.0.3", "web"],
    n1: ["10.0.0.1", "other"],
    n2: ["10.0.0.1", "third"],
    n3: ["10.0.0.2", "other"],
  });
  const { fresh } = atOnce(planReload(generation, after, 0)).backends;
  assert.deepEqual(fresh.map(({ entry, donor, isAlike }) => [entry.name, donor?.name, isAlike]), [
    ["n1", "a", false],
    ["n2", undefined, false],
    ["n3", undefined, false],
  ]);
});
