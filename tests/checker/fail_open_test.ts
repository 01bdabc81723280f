import assert from "node:assert/strict";
import type { Restored } from "../../lib/checker/mod.ts";
import { steer } from "../support/steer.ts";
import { Bench, type ConfigSketch, fail, pass, sketch } from "./support/bench.ts";

const site: ConfigSketch = {
  backends: { a: {}, b: {}, c: {}, d: {} },
  frontends: { f: [{ a: 100, b: 50, c: 10, d: 1 }] },
};

/** All are up and nothing has happened yet. */
function up(change: Partial<ConfigSketch> = {}): Bench {
  const config = sketch({ ...site, failOpen: "all-down", ...change });
  const bench = new Bench(config, { answers: pass });
  bench.clock.advance(10_000);
  bench.events.length = 0;
  return bench;
}

/** From now on the servers at these places of the file are the only ones that answer. */
function answering({ prober }: Bench, ...well: readonly number[]): void {
  const addresses = well.map((at) => `10.0.0.${at}`);
  prober.answers = ({ address }) => addresses.includes(address.text) ? pass : fail;
}

/** Weight, flush and reason of each backend of a frontend. */
function weights({ checker }: Bench, frontend = "f"): string[] {
  return (checker.frontend(frontend)?.weights ?? []).map(({ backend, weight, flush, reason }) =>
    `${backend} ${weight} ${reason.kind}${flush ? " flush" : ""}`
  );
}

function isOpen({ checker }: Bench, frontend = "f"): boolean {
  return checker.frontend(frontend)?.failOpenSince !== undefined;
}

const all = ["a 100 fail-open", "b 50 fail-open", "c 10 fail-open", "d 1 fail-open"];
const none = ["a 0 not-up flush", "b 0 not-up flush", "c 0 not-up flush", "d 0 not-up flush"];
const healthy = ["a 100 carries", "b 50 carries", "c 10 carries", "d 1 carries"];

Deno.test("without fail-open all servers that are down have nothing", () => {
  using bench = up({ failOpen: "never" });
  answering(bench);
  bench.clock.advance(20_000);
  assert.deepEqual(weights(bench), none);
  assert.equal(bench.checker.frontend("f")?.state, "down");
  assert.ok(!bench.events.some(({ kind }) => kind === "safety"));
});

Deno.test("when the last goes down too, those that were in use keep their weights, without a flush", () => {
  using bench = up();
  answering(bench, 3);
  bench.clock.advance(15_000);
  assert.deepEqual(weights(bench), [...none.slice(0, 3), "d 1 carries"]);
  bench.events.length = 0;
  answering(bench);
  bench.clock.advance(15_000);
  assert.deepEqual(weights(bench), all);
  assert.equal(bench.checker.frontend("f")?.state, "up");
  assert.deepEqual(bench.story(), [
    "d up>down (probe)",
    "f fail-open begun (probe)",
    "f/a 100>100 as 0>100 (safety)",
    "f/b 50>50 as 0>50 (safety)",
    "f/c 10>10 as 0>10 (safety)",
  ]);
  const begun = bench.events.find(({ kind }) => kind === "safety");
  assert.ok(begun?.kind === "safety");
  assert.equal(begun.detail, "0 of 4 backends in service up, fail-open is all-down");
  bench.clock.advance(86_400_000);
  assert.deepEqual(weights(bench), all, "for as long as it takes");
});

Deno.test("it ends at once when the share is reached, and only who is still down is flushed", () => {
  using bench = up();
  answering(bench);
  bench.clock.advance(20_000);
  bench.events.length = 0;
  answering(bench, 1);
  bench.clock.advance(20_000);
  assert.deepEqual(weights(bench), [none[0], "b 50 carries", none[2], none[3]]);
  assert.deepEqual(bench.story(), [
    "b down>up (probe)",
    "f fail-open ended (probe)",
    "f/a 100>100 as 100>0 (safety)",
    "f/c 10>10 as 10>0 (safety)",
    "f/d 1>1 as 1>0 (safety)",
  ]);
});

Deno.test("with a share, those that are up carry together with those that are held", () => {
  using bench = up({ failOpen: 50 });
  answering(bench, 0, 1);
  bench.clock.advance(20_000);
  assert.deepEqual([weights(bench), isOpen(bench)], [
    [healthy[0], healthy[1], none[2], none[3]],
    false,
  ]);
  answering(bench, 0);
  bench.clock.advance(20_000);
  assert.deepEqual([weights(bench), isOpen(bench)], [[healthy[0], ...all.slice(1)], true]);
  answering(bench, 0, 3);
  bench.clock.advance(20_000);
  assert.deepEqual([weights(bench), isOpen(bench)], [
    [healthy[0], none[1], none[2], healthy[3]],
    false,
  ]);
});

Deno.test("who has been down for long is not brought in", () => {
  using bench = up();
  answering(bench, 1, 2, 3);
  bench.clock.advance(80_000);
  answering(bench);
  bench.clock.advance(20_000);
  assert.ok(isOpen(bench));
  assert.deepEqual(weights(bench), ["a 0 not-up", ...all.slice(1)]);
  answering(bench, 1, 2, 3);
  bench.clock.advance(20_000);
  assert.deepEqual(weights(bench), [none[0], ...healthy.slice(1)]);
});

Deno.test("slow checks count as one failure although they notice it later than a minute", () => {
  const checks = sketch(site).healthchecks;
  const web = checks.get("web") ?? assert.fail();
  const slow = { ...web, intervalMs: 100_000, fastIntervalMs: 100_000, fall: 1 };
  using bench = up({ checks: [slow] });
  bench.clock.advance(75_000);
  steer(bench.checker).pause("a");
  steer(bench.checker).resume("a");
  bench.clock.advance(5_000);
  bench.events.length = 0;
  answering(bench);
  bench.clock.advance(120_000);
  const downs = bench.events.flatMap((event) =>
    event.kind === "backend" && event.transition.to === "down" ? event.transition.at : []
  );
  assert.ok(Math.max(...downs) - Math.min(...downs) > 60_000, `noticed at ${downs}`);
  assert.deepEqual(weights(bench), all);
});

Deno.test("who was disabled, paused or drained is never brought in, nor counted", () => {
  using bench = up();
  steer(bench.checker).disable("a");
  steer(bench.checker).pause("b");
  bench.checker.operate([{ action: "drain", backend: "c" }]);
  answering(bench, 0, 1, 2);
  bench.clock.advance(20_000);
  const out = ["a 0 not-up flush", "b 0 not-up", "c 0 draining"];
  assert.deepEqual([weights(bench), isOpen(bench)], [[...out, all[3]], true]);
  answering(bench);
  bench.clock.advance(20_000);
  assert.deepEqual(weights(bench), [...out, all[3]], "a drained one is not flushed now");
  steer(bench.checker).enable("a");
  steer(bench.checker).resume("b");
  steer(bench.checker).enable("c");
  assert.ok(isOpen(bench), "whoever is awaited does not end it");
  bench.clock.advance(20_000);
  const failing = ["a 0 not-up", "b 0 not-up", "c 0 not-up"];
  assert.deepEqual(weights(bench), [...failing, all[3]], "they were not in use");
});

Deno.test("operators take servers out while it lasts, and their flows as they say", () => {
  using bench = up();
  answering(bench);
  bench.clock.advance(20_000);
  bench.events.length = 0;
  const outcome = bench.checker.operate([{ action: "disable", backend: "a" }]);
  assert.deepEqual(
    outcome.frontends.map(({ before, after, danger }) => [
      before?.weight,
      after?.weight,
      danger,
    ]),
    [[161, 61, "loses-most"]],
  );
  steer(bench.checker).setWeight("f", "pool0", "b", 0, false);
  assert.deepEqual(weights(bench), ["a 0 not-up flush", "b 0 not-up", ...all.slice(2)]);
  for (const name of ["b", "c", "d"]) steer(bench.checker).pause(name);
  assert.equal(isOpen(bench), false, "there is nobody left to hold");
});

Deno.test("who was drained while it lasts is not brought in again when that is undone", () => {
  using bench = up();
  answering(bench);
  bench.clock.advance(20_000);
  bench.checker.operate([{ action: "drain", backend: "c" }]);
  steer(bench.checker).enable("c");
  assert.deepEqual(weights(bench), [...all.slice(0, 2), "c 0 not-up", all[3]]);
});

Deno.test("what an operation comes to is foreseen with the fail-open that it brings about", () => {
  using bench = up();
  answering(bench, 3);
  bench.clock.advance(20_000);
  const foreseen = bench.checker.foresee([{ action: "disable", backend: "d" }]);
  const [frontend] = foreseen.frontends;
  assert.deepEqual([frontend?.before?.weight, frontend?.after?.weight], [1, 160]);
  assert.deepEqual(frontend?.weights.map(({ backend, effective: { to } }) => [backend, to]), [
    ["d", 0],
    ["a", 100],
    ["b", 50],
    ["c", 10],
  ]);
  steer(bench.checker).disable("d");
  assert.deepEqual(weights(bench), [...all.slice(0, 3), "d 0 not-up flush"]);
});

Deno.test("those last in use keep their weights beside a fallback that is well", () => {
  const frontends = { f: [{ a: 100, b: 50 }, { c: 10, d: 1 }] };
  using bench = up({ frontends, failOpen: 50 });
  answering(bench, 3);
  bench.clock.advance(20_000);
  assert.ok(isOpen(bench));
  assert.equal(bench.checker.frontend("f")?.activePool, "pool1");
  assert.deepEqual(weights(bench), [all[0], all[1], all[2], "d 1 carries"]);
  answering(bench);
  bench.clock.advance(20_000);
  assert.equal(bench.checker.frontend("f")?.activePool, "pool0", "the most preferred in use");
  assert.deepEqual(weights(bench), [all[0], all[1], "c 0 not-up", "d 0 not-up"]);
});

Deno.test("a fallback that was in use a moment ago is held only where nobody before it is", () => {
  const frontends = { f: [{ a: 100, b: 50 }, { c: 10, d: 1 }] };
  using bench = up({ frontends });
  answering(bench, 2, 3);
  bench.clock.advance(20_000);
  assert.equal(bench.checker.frontend("f")?.activePool, "pool1");
  answering(bench);
  bench.clock.advance(20_000);
  assert.ok(isOpen(bench));
  assert.deepEqual(weights(bench), [all[0], all[1], "c 0 not-up", "d 0 not-up"]);
  bench.events.length = 0;
  for (const name of ["a", "b"]) steer(bench.checker).disable(name);
  const out = ["a 0 not-up flush", "b 0 not-up flush"];
  assert.deepEqual(weights(bench), [...out, all[2], all[3]]);
  const told = bench.story().filter((line) => /^f\/[cd] /.test(line));
  assert.deepEqual(told, ["f/c 10>10 as 0>10 (pool)", "f/d 1>1 as 0>1 (pool)"]);
});

Deno.test("who fails over to the held of a fallback beside one that is well tells it", () => {
  const frontends = { f: [{ a: 100 }, { b: 50 }, { c: 10, d: 1 }] };
  using bench = up({ frontends, failOpen: 75 });
  answering(bench, 1, 3);
  bench.clock.advance(20_000);
  answering(bench, 3);
  bench.clock.advance(20_000);
  assert.deepEqual(weights(bench), [all[0], "b 0 not-up", "c 0 not-up", "d 1 carries"]);
  bench.events.length = 0;
  steer(bench.checker).disable("a");
  assert.deepEqual(weights(bench).slice(1), [all[1], "c 0 not-up", "d 1 carries"]);
  assert.ok(bench.story().includes("f/b 50>50 as 0>50 (safety)"));
});

Deno.test("a reload keeps it, under another name as well, and ends it by another setting", async () => {
  using bench = up();
  answering(bench);
  bench.clock.advance(20_000);
  bench.events.length = 0;
  await bench.reload(sketch({ ...site, failOpen: "all-down", flushOnDown: false }));
  assert.deepEqual(weights(bench), all);
  assert.deepEqual(bench.story(), ["reload applied"]);

  const frontends = { g: site.frontends?.f ?? [] };
  await bench.reload(sketch({ ...site, frontends, failOpen: "all-down" }));
  assert.deepEqual(weights(bench, "g"), all);
  assert.deepEqual(bench.story().filter((line) => line.includes("fail-open")), [
    "g fail-open begun (config)",
    "f fail-open ended (config)",
  ]);

  bench.events.length = 0;
  const config = sketch({ ...site, frontends, failOpen: "never" });
  const foreseen = await bench.while(bench.checker.foreseeReload(config));
  assert.deepEqual(foreseen.frontends.map(({ after }) => after?.weight), [0]);
  const desired = foreseen.desired.frontend("g")?.weights.map(({ weight, flush }) =>
    `${weight} ${flush}`
  );
  assert.deepEqual(desired, ["0 true", "0 true", "0 true", "0 true"]);
  await bench.reload(config);
  assert.deepEqual(weights(bench, "g"), none);
  assert.equal(bench.story()[0], "g fail-open ended (config)");
});

Deno.test("a reload that asks for it has it at once, with who was in use", async () => {
  using bench = up({ failOpen: "never" });
  answering(bench);
  bench.clock.advance(20_000);
  const config = sketch({ ...site, failOpen: 50 });
  const foreseen = await bench.while(bench.checker.foreseeReload(config));
  assert.deepEqual(foreseen.frontends.map(({ after }) => after?.weight), [161]);
  await bench.reload(config);
  assert.deepEqual(weights(bench), all);
});

Deno.test("it outlives the process, young or not, with who was in use", () => {
  using old = up();
  answering(old, 1, 2, 3);
  old.clock.advance(80_000);
  answering(old);
  old.clock.advance(20_000);
  const saved = old.checker.savedFailOpen("f") ?? assert.fail();
  assert.deepEqual(saved.uses.slice(1), [
    ["b", null, "configured"],
    ["c", null, "configured"],
    ["d", null, "configured"],
  ]);
  const backends = ["a", "b", "c", "d"].map((name) => old.checker.saved(name) ?? assert.fail());
  for (const isHealthFresh of [true, false]) {
    const restored: Restored = {
      ...{ backends: new Map(backends.map((each) => [each.name, each])), weights: new Map() },
      ...{ changes: new Map(), failOpens: new Map([["f", saved]]), isHealthFresh },
    };
    const config = sketch({ ...site, failOpen: "all-down" });
    using bench = new Bench(config, { answers: fail, restored });
    assert.ok(isOpen(bench));
    assert.deepEqual(weights(bench).map((text) => text.slice(0, 6)), [
      "a kept",
      "b kept",
      "c kept",
      "d kept",
    ]);
    bench.clock.advance(20_000);
    assert.deepEqual(weights(bench), ["a 0 not-up", ...all.slice(1)]);
    assert.equal(bench.checker.frontend("f")?.failOpenSince, saved.open?.since);
    assert.deepEqual(bench.events.filter(({ kind }) => kind === "safety"), []);
  }
});

Deno.test("a calendar that is set puts nobody in use who was not, nor the other way round", () => {
  for (const stepMs of [3_600_000, -3_600_000]) {
    using bench = up();
    answering(bench, 1, 2, 3);
    bench.clock.advance(80_000);
    answering(bench, 3);
    bench.clock.advance(15_000);
    bench.clock.setCalendar(stepMs);
    answering(bench);
    bench.clock.advance(15_000);
    assert.deepEqual(weights(bench), ["a 0 not-up", ...all.slice(1)], `${stepMs}`);
  }
});

Deno.test("who has another name since the process before is left what VPP has for it", () => {
  using old = up();
  answering(old, 2, 3);
  old.clock.advance(80_000);
  answering(old);
  old.clock.advance(20_000);
  const backends = ["a", "b", "c", "d"].map((name) => old.checker.saved(name) ?? assert.fail());
  const restored: Restored = {
    ...{ backends: new Map(backends.map((each) => [each.name, each])), weights: new Map() },
    ...{ changes: new Map(), isHealthFresh: true },
    failOpens: new Map([["f", old.checker.savedFailOpen("f") ?? assert.fail()]]),
  };
  const renamed = { a: {}, b: {}, z: { at: "10.0.0.2" }, d: { at: "10.0.0.3" } };
  const config = sketch({
    backends: renamed,
    frontends: { f: [{ a: 100, b: 50, z: 10, d: 1 }] },
    failOpen: "all-down",
  });
  using bench = new Bench(config, { answers: fail, restored });
  bench.clock.advance(20_000);
  assert.deepEqual(weights(bench), [
    ...["a 0 not-up", "b 0 not-up"],
    ...["z kept fail-open", "d 1 fail-open"],
  ]);
});

Deno.test("who begins without knowledge leaves VPP what it has", () => {
  using bench = new Bench(sketch({ ...site, failOpen: "all-down" }), { answers: fail });
  bench.clock.advance(20_000);
  assert.ok(isOpen(bench));
  assert.deepEqual(weights(bench), [
    "a kept fail-open",
    "b kept fail-open",
    "c kept fail-open",
    "d kept fail-open",
  ]);
  assert.equal(bench.checker.frontend("f")?.state, "down", "nothing is known to carry traffic");
  assert.equal(
    bench.checker.savedFailOpen("f")?.uses.every(([, , weight]) => weight === "kept"),
    true,
  );
  assert.equal(bench.checker.savedFailOpen("nothing"), undefined);
});

Deno.test("nothing is kept of a frontend that never fails open", () => {
  using bench = up({ failOpen: "never" });
  assert.equal(bench.checker.savedFailOpen("f"), undefined);
});
