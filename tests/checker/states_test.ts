import assert from "node:assert/strict";
import { probeCodes } from "../../lib/probes/mod.ts";
import { steer } from "../support/steer.ts";
import { Bench, fail, pass, sketch } from "./support/bench.ts";

const config = sketch({
  backends: { a: {}, b: {} },
  frontends: { f: [{ a: 100 }, { b: 50 }], g: [{ a: 10 }] },
});

Deno.test("each change is one event, one log record and one entry in the history", () => {
  using bench = new Bench(config);
  bench.probe("b", pass);
  bench.probe("a", pass);
  for (let i = 0; i < 3; i++) bench.probe("a", fail);
  steer(bench.checker).pause("a");
  assert.deepEqual(bench.moves(), [
    "b unknown>up",
    "f unknown>up",
    "a unknown>up",
    "g unknown>up",
    "a up>down",
    "g up>down",
    "a down>paused",
  ]);
  const { transitions, since } = bench.checker.backend("a") ?? {};
  assert.deepEqual(transitions?.map(({ to }) => to), ["paused", "down", "up"]);
  assert.deepEqual(transitions?.map(({ because }) => because), [
    undefined,
    { code: "L7STS", detail: "status 503" },
    { code: "L7OK", detail: "status 200" },
  ]);
  assert.equal(since, transitions?.[0]?.at);
  const [, , down] = bench.log.named("backend-transition");
  assert.deepEqual(down, {
    backend: "a",
    address: "10.0.0.0",
    from: "up",
    to: "down",
    cause: "probe",
    code: "L7STS",
    detail: "status 503",
  });
  const [first] = bench.log.named("frontend-transition");
  assert.deepEqual(first, {
    frontend: "f",
    address: "192.0.2.0",
    from: "unknown",
    to: "up",
    pool: "pool1",
    cause: "probe",
    code: "L7OK",
    detail: "status 200",
  });
  assert.equal(bench.log.named("backend-transition").length, 4);
  assert.equal(bench.log.named("frontend-transition").length, 3);
});

Deno.test("an event names the frontends concerned, sorted", () => {
  using bench = new Bench(config);
  bench.probe("a", pass);
  const [event] = bench.events;
  assert.ok(event?.kind === "backend");
  assert.deepEqual(event.frontends, ["f", "g"]);
  assert.deepEqual(bench.checker.backend("a")?.frontends, ["f", "g"]);
});

Deno.test("when an event is told, backend and frontend are already in their new states", () => {
  using bench = new Bench(config);
  const seen: unknown[] = [];
  bench.stream.subscribe((event) => {
    if (event.kind !== "backend") return;
    const frontend = bench.checker.frontend("f");
    seen.push(bench.state("a"), frontend?.state, frontend?.weights[0]?.weight);
  });
  bench.probe("a", pass);
  assert.deepEqual(seen, ["up", "up", 100]);
});

Deno.test("a pool takes over when the pool before it has no backend up, and gives back", () => {
  using bench = new Bench(config);
  const weights = () => bench.checker.frontend("f")?.weights.map(({ weight }) => weight);
  bench.probe("a", pass);
  bench.probe("b", pass);
  assert.deepEqual(weights(), [100, 0]);
  assert.equal(bench.checker.frontend("f")?.activePool, "pool0");
  steer(bench.checker).disable("a");
  assert.deepEqual(weights(), [0, 50]);
  assert.equal(bench.checker.frontend("f")?.activePool, "pool1");
  assert.equal(bench.checker.frontend("f")?.weights[0]?.flush, true);
  steer(bench.checker).enable("a");
  bench.probe("a", pass);
  assert.deepEqual(weights(), [100, 0]);
});

Deno.test("a backend remembers its last result and when it ended", () => {
  using bench = new Bench(config);
  assert.equal(bench.checker.backend("a")?.lastProbe, undefined);
  bench.probe("a", fail);
  const at = bench.clock.wall();
  assert.deepEqual(bench.checker.backend("a")?.lastProbe, { ...fail, at });
});

Deno.test("the history keeps as many transitions as the configuration says", () => {
  using bench = new Bench(sketch({ backends: { a: {} }, history: 2 }));
  for (let i = 0; i < 5; i++) {
    steer(bench.checker).disable("a");
    steer(bench.checker).enable("a");
  }
  const { transitions } = bench.checker.backend("a") ?? {};
  assert.deepEqual(transitions?.map(({ to }) => to), ["unknown", "disabled"]);
});

Deno.test("a frontend snapshot is the same object until something changes", () => {
  using bench = new Bench(config);
  const before = bench.checker.frontend("f");
  assert.equal(bench.checker.frontend("f"), before);
  bench.probe("b", pass);
  assert.notEqual(bench.checker.frontend("f"), before);
  assert.equal(bench.checker.frontend("g"), bench.checker.frontend("g"));
});

Deno.test("a configured backend that is disabled starts disabled, without a transition", () => {
  using bench = new Bench(sketch({ backends: { a: { enabled: false } } }), { answers: pass });
  bench.clock.advance(10_000);
  const { state, enabled, transitions, health } = bench.checker.backend("a") ?? {};
  assert.deepEqual({ state, enabled, transitions, health }, {
    state: "disabled",
    enabled: false,
    transitions: [],
    health: 0,
  });
  assert.equal(bench.prober.starts.length, 0);
});

Deno.test("names come sorted, whatever the order of the file", () => {
  using bench = new Bench(sketch({
    backends: { z: {}, a: {}, m: {} },
    frontends: { y: [{ a: 1 }], b: [{ z: 1 }] },
  }));
  assert.deepEqual(bench.checker.backendNames(), ["a", "m", "z"]);
  assert.deepEqual(bench.checker.frontendNames(), ["b", "y"]);
  assert.deepEqual(bench.checker.healthcheckNames(), ["web"]);
  assert.equal(bench.checker.healthcheck("web")?.type, "http");
  for (const read of ["backend", "frontend", "healthcheck"] as const) {
    assert.equal(bench.checker[read]("nobody"), undefined);
  }
});

Deno.test("the observer hears of each probe and transition", () => {
  const heard: unknown[] = [];
  using bench = new Bench(config, {
    observer: {
      probesDone: (backend, type, { codes }) => {
        heard.push([backend, type, codes.flatMap((count, i) => count > 0 ? probeCodes[i] : [])]);
      },
      transition: (backend, from, to) => heard.push([backend, from, to]),
      removed: (backend) => heard.push([backend]),
    },
  });
  bench.probe("a", pass);
  assert.deepEqual(heard, [["a", "unknown", "up"]]);
  for (const _ of bench.checker.tally());
  assert.deepEqual(heard.slice(1), [["a", "http", ["L7OK"]], ["b", "http", []]]);
});

Deno.test("an observer that throws is logged and disturbs nothing", () => {
  const broken = () => {
    throw new Error("no such series");
  };
  using bench = new Bench(config, {
    observer: { probesDone: broken, transition: broken, removed: broken },
  });
  bench.probe("a", pass);
  assert.equal(bench.state("a"), "up");
  assert.match(String(bench.log.named("checker-observer-failed")[0]?.err), /no such series/);
});

Deno.test("a closed checker has no timer and no probe, whatever is asked of it", () => {
  const bench = new Bench(config, { answers: pass });
  bench.clock.advance(252);
  bench.checker.close();
  bench.checker.close();
  assert.equal(bench.clock.pending, 0);
  assert.equal(bench.prober.flights.size, 0);
  steer(bench.checker).disable("a");
  steer(bench.checker).enable("a");
  bench.clock.advance(10_000);
  assert.equal(bench.prober.starts.length, 2);
  assert.equal(bench.clock.pending, 0);
});

Deno.test("the story of a pool failover tells every weight once, with its cause", () => {
  using bench = new Bench(config);
  bench.probe("b", pass);
  bench.probe("a", pass);
  for (let i = 0; i < 3; i++) bench.probe("a", fail);
  assert.deepEqual(bench.story(), [
    "b unknown>up (probe)",
    "f pool pool0>pool1 (probe)",
    "f/b 50>50 as kept>50 (probe)",
    "f unknown>up (probe)",
    "a unknown>up (probe)",
    "f pool pool1>pool0 (probe)",
    "f/a 100>100 as kept>100 (probe)",
    "f/b 50>50 as 50>0 (pool)",
    "g/a 10>10 as kept>10 (probe)",
    "g unknown>up (probe)",
    "a up>down (probe)",
    "f pool pool0>pool1 (probe)",
    "f/a 100>100 as 100>0 (probe)",
    "f/b 50>50 as 0>50 (pool)",
    "g/a 10>10 as 10>0 (probe)",
    "g up>down (probe)",
  ]);
});

Deno.test("nothing is told at the start, and a frontend without enabled backends is down", () => {
  using bench = new Bench(sketch({
    backends: { a: { enabled: false }, b: {} },
    frontends: { f: [{ a: 100 }, { b: 50 }], g: [{ a: 10 }] },
  }));
  assert.deepEqual(bench.story(), []);
  assert.equal(bench.checker.frontend("f")?.state, "unknown");
  assert.equal(bench.checker.frontend("g")?.state, "down");
  bench.probe("b", pass);
  assert.deepEqual(bench.moves(), ["b unknown>up", "f unknown>up"]);
});

Deno.test("a backend is untested until its first result or an operator's word", () => {
  using bench = new Bench(config);
  const weights = () => bench.checker.frontend("f")?.weights.map(({ weight }) => weight);
  assert.deepEqual(weights(), ["kept", "kept"]);
  steer(bench.checker).resume("b");
  steer(bench.checker).enable("b");
  assert.deepEqual(weights(), ["kept", "kept"], "what changes nothing says nothing");
  bench.probe("a", fail);
  assert.deepEqual(weights(), [0, "kept"]);
  steer(bench.checker).pause("b");
  steer(bench.checker).resume("b");
  assert.equal(bench.state("b"), "unknown");
  assert.deepEqual(weights(), [0, 0]);
});

Deno.test("a watcher of probes hears each result until it leaves", () => {
  using bench = new Bench(config);
  const heard: string[] = [];
  const leave = bench.checker.watchProbes((backend, { code }) => heard.push(`${backend} ${code}`));
  bench.probe("a", pass);
  bench.probe("b", fail);
  leave();
  bench.probe("a", pass);
  assert.deepEqual(heard, ["a L7OK", "b L7STS"]);
});
