import assert from "node:assert/strict";
import type { Restored, SavedBackend } from "../../lib/checker/mod.ts";
import { answering, fast, flap, flapping, isHeld, site, told, up } from "./support/flaps.ts";
import { Bench, type ConfigSketch, fail, httpCheck, pass, sketch } from "./support/bench.ts";

/** What `bench` leaves behind. */
function leftBy({ checker }: Bench, isHealthFresh = true): Restored {
  const backends = checker.backendNames().map((name) => checker.saved(name) ?? assert.fail());
  return {
    backends: new Map(backends.map((each) => [each.name, each])),
    ...{ weights: new Map(), changes: new Map(), isHealthFresh },
  };
}

/** The same site after a restart, its clock going on `awayMs` later. */
function restarted(
  before: Bench,
  restored: Restored,
  awayMs = 0,
  change: Partial<ConfigSketch> = {},
): Bench {
  const clock = { wallStart: before.clock.wall() + awayMs };
  return new Bench(sketch({ ...site, ...change }), { answers: pass, restored, ...clock });
}

/** Held for 20 s of 60, and passing all of them. */
function held(): Bench {
  const bench = up();
  flapping(bench);
  answering(bench, 0, 1, 2);
  bench.clock.advance(20_000);
  return bench;
}

Deno.test("a hold outlives the process, however old what is known of health", () => {
  for (const isFresh of [true, false]) {
    using old = held();
    const { since } = old.checker.backend("a")?.flapHold ?? assert.fail();
    using bench = restarted(old, leftBy(old, isFresh), 10_000);
    assert.deepEqual(bench.checker.backend("a")?.flapHold, {
      since,
      until: since + 60_000,
      isPassing: false,
    });
    assert.deepEqual([bench.state("a"), told(bench)[0]], ["down", "kept"], "as VPP has it: 0");
    bench.clock.advance(29_000);
    assert.deepEqual([bench.state("a"), ...told(bench)], ["down", 0, true, "flap-hold"]);
    assert.deepEqual(bench.events.filter(({ kind }) => kind === "safety"), []);
    bench.clock.advance(3_000);
    assert.ok(bench.story().includes("a flap-hold ended (safety)"));
    assert.equal(bench.state("a"), "up");
  }
});

Deno.test("one whose time was over before the start is not held, and the next takes twice as long", () => {
  using old = held();
  using bench = restarted(old, leftBy(old), 100_000);
  assert.equal(isHeld(bench), false);
  bench.clock.advance(5_000);
  assert.equal(bench.state("a"), "up");
  for (let i = 0; !isHeld(bench); i++) {
    assert.ok(i < 10, "it is not held again");
    answering(bench, ...i % 2 === 0 ? [1, 2] : [0, 1, 2]);
    bench.clock.advance(2_000);
  }
  const { since = 0, until = 0 } = bench.checker.backend("a")?.flapHold ?? {};
  assert.equal(until - since, 120_000);
});

Deno.test("changes before a restart count with those after it", () => {
  using old = up();
  for (const well of [[1, 2], [0, 1, 2], [1, 2]]) {
    answering(old, ...well);
    old.clock.advance(2_000);
  }
  assert.deepEqual([isHeld(old), old.state("a")], [false, "down"]);
  using bench = restarted(old, leftBy(old));
  bench.clock.advance(3_000);
  assert.equal(bench.state("a"), "up");
  answering(bench, 1, 2);
  bench.clock.advance(3_000);
  assert.ok(isHeld(bench));
});

Deno.test("a restored hold lets go where nobody else is up", () => {
  using old = held();
  using bench = restarted(old, leftBy(old));
  answering(bench, 0, 1);
  bench.clock.advance(5_000);
  assert.deepEqual([isHeld(bench), bench.state("a"), bench.state("c")], [false, "up", "down"]);
});

Deno.test("a clock that was set back makes no hold longer than the file says", () => {
  using old = held();
  using bench = restarted(old, leftBy(old), -86_400_000);
  bench.clock.advance(flap.maxHoldMs - 1_000);
  assert.ok(isHeld(bench));
  bench.clock.advance(2_000);
  assert.equal(isHeld(bench), false);
});

Deno.test("a hold is not restored to what is probed otherwise, without flap, or out of service", () => {
  using old = held();
  const left = leftBy(old);
  const changes: readonly Partial<ConfigSketch>[] = [
    { checks: [httpCheck("web", fast)] },
    { checks: [httpCheck("web", { ...fast, flap, port: 81 })] },
    { backends: { a: { enabled: false }, b: {}, c: {} } },
  ];
  for (const change of changes) {
    using bench = restarted(old, left, 0, change);
    assert.equal(isHeld(bench), false);
    bench.clock.advance(100_000);
  }
  const paused = { ...left.backends.get("a") ?? assert.fail(), state: "paused" } as SavedBackend;
  const backends = new Map([...left.backends, ["a", paused]]);
  using bench = restarted(old, { ...left, backends });
  assert.deepEqual([isHeld(bench), bench.state("a")], [false, "paused"]);
});

Deno.test("nothing is kept of one that never changed, and the same as long as nothing changes", () => {
  using bench = up();
  assert.equal(bench.checker.saved("a")?.flaps, undefined);
  flapping(bench);
  const first = bench.checker.saved("a")?.flaps;
  assert.ok(first?.hold);
  bench.clock.advance(1_000.5);
  assert.equal(bench.checker.saved("a")?.flaps, first);
});

Deno.test("a hold goes along with a backend under its new name", async () => {
  using bench = held();
  bench.events.length = 0;
  const renamed = {
    ...site,
    backends: { z: { at: "10.0.0.0" }, b: { at: "10.0.0.1" }, c: { at: "10.0.0.2" } },
    frontends: { f: [{ z: 100, b: 50 }], g: [{ z: 10, c: 20 }] },
  };
  await bench.reload(sketch(renamed));
  assert.deepEqual(bench.story().filter((line) => line.includes("hold")), [
    "a flap-hold ended (safety)",
    "z flap-hold begun (config)",
  ]);
  assert.deepEqual([bench.state("z"), bench.checker.frontend("f")?.weights[0]?.reason.kind], [
    "down",
    "flap-hold",
  ]);
  bench.clock.advance(45_000);
  assert.equal(bench.state("z"), "up");
  bench.prober.answers = () => fail;
});

Deno.test("a hold ends where the file has another server probed, or in another way, and no sooner", async () => {
  const edits: readonly (readonly [Partial<ConfigSketch>, string | undefined])[] = [
    [{ checks: [httpCheck("web", { ...fast, flap, intervalMs: 1_500 })] }, undefined],
    [{ checks: [httpCheck("web", { ...fast, flap, port: 81 })] }, "a"],
    [{ backends: { ...site.backends, a: { at: "10.9.9.9" } } }, "a"],
  ];
  for (const [change, ended] of edits) {
    using bench = held();
    bench.prober.answers = () => pass;
    bench.events.length = 0;
    await bench.reload(sketch({ ...site, ...change }));
    assert.equal(isHeld(bench), ended === undefined);
    const safety = bench.events.filter(({ kind }) => kind === "safety");
    assert.deepEqual(safety.map((event) => event.kind === "safety" && event.detail), [
      ...ended === undefined ? [] : ["the file has it probed otherwise"],
    ]);
    assert.equal(bench.state("a"), "down", "a reload alone brings nobody up");
    bench.clock.advance(3_000);
    assert.equal(bench.state("a"), ended === undefined ? "down" : "up", "the first pass does");
  }
});

Deno.test("changes count no more once the file has another server probed", async () => {
  for (const [at, isHeldThen] of [["10.0.0.0", true], ["10.9.9.9", false]] as const) {
    using bench = up();
    for (let i = 0; i < 4; i++) {
      answering(bench, ...i % 2 === 0 ? [1, 2] : [0, 1, 2]);
      bench.clock.advance(2_000);
    }
    bench.prober.answers = () => pass;
    await bench.reload(sketch({ ...site, backends: { ...site.backends, a: { at } } }));
    bench.clock.advance(2_000);
    answering(bench, 1, 2);
    bench.clock.advance(2_000);
    assert.deepEqual([bench.state("a"), isHeld(bench)], ["down", isHeldThen]);
  }
});
