import assert from "node:assert/strict";
import { Bench } from "./support/bench.ts";
import { smallSite } from "./support/site.ts";
import { throughSockets } from "./support/wire.ts";

Deno.test("maglevd is there before VPP, and takes it up when it comes", async () => {
  await using bench = new Bench({ vppRuns: false });
  bench.start();
  await bench.pass(60_000);
  assert.equal(bench.connected, false);
  assert.equal(bench.service.info(), undefined);
  bench.vpp.start();
  await bench.inStep();
  assert.ok(bench.service.info()?.version.startsWith("26.10"));
});

Deno.test("VPP restarts under maglevd and gets everything back", async () => {
  await using bench = new Bench();
  await bench.begin();
  for (let round = 0; round < 5; round++) {
    bench.vpp.restart();
    assert.deepEqual(bench.vpp.state(), []);
    await bench.inStep();
  }
  const named = (msg: string) => bench.log.named(msg).length;
  assert.equal(named("vpp-connect"), 6);
  assert.equal(named("vpp-disconnect"), 5);
});

Deno.test("VPP hangs for 30 s: maglevd notices, and is in step soon after", async () => {
  await using bench = new Bench();
  await bench.begin();
  bench.vpp.hang();
  bench.health("a", false);
  await bench.pass(30_000);
  assert.equal(bench.connected, false, "a hang is noticed");
  bench.vpp.resume();
  await bench.inStep();
});

Deno.test("the API without the stats socket is no VPP", async () => {
  await using bench = new Bench();
  bench.vpp.stopStats();
  bench.start();
  await bench.pass(30_000);
  assert.equal(bench.connected, false);
  assert.deepEqual(bench.vpp.state(), []);
  bench.vpp.startStats();
  await bench.inStep();
});

Deno.test("a VPP that lacks weights is named and tried again, never crashed on", async () => {
  await using bench = new Bench({ vpp: { lacks: ["lb_as_set_weight"] } });
  bench.start();
  await bench.pass(30_000);
  assert.equal(bench.connected, false);
  const reasons = JSON.stringify(bench.log.records);
  assert.match(reasons, /lb_as_set_weight/);
});

Deno.test("maglevd stops and VPP keeps everything; the next one adopts it without a change", async () => {
  await using bench = new Bench({
    site: { ...smallSite, startupDelays: [5, 30] },
  });
  await bench.begin();
  const before = JSON.stringify(bench.vpp.state());
  for (let round = 0; round < 3; round++) {
    await bench.stop();
    assert.equal(JSON.stringify(bench.vpp.state()), before);
    bench.vpp.journal.clear();
    bench.start();
    await bench.pass(60_000);
    assert.equal(JSON.stringify(bench.vpp.state()), before);
    const changes = bench.vpp.journal.requests().filter(({ name }) =>
      /^lb_(add|as_set)/.test(name)
    );
    assert.deepEqual(changes, []);
  }
});

Deno.test("30 reconnects leave no descriptor, mapping, timer or connection behind", async () => {
  await using bench = new Bench({ wire: throughSockets });
  await bench.begin();
  const measure = () => ({
    descriptors: Array.from(Deno.readDirSync("/proc/self/fd")).length,
    segments: Deno.readTextFileSync("/proc/self/maps").split("\n")
      .filter((line) => line.includes("sim-stats")).length,
    timers: bench.clock.pending,
  });
  const ended = () => bench.log.named("vpp-disconnect").length;
  const cycle = async (round: number) => {
    const before = ended();
    if (round % 3 === 0) bench.vpp.restart();
    if (round % 3 === 1) bench.vpp.misbehave({ times: 1, fault: { kind: "garbage" } });
    if (round % 3 === 2) bench.vpp.misbehave({ times: 1, fault: { kind: "silence" } });
    await bench.until("maglevd has noticed", () => ended() > before);
    bench.vpp.behave();
    await bench.until("it is connected again", () => bench.connected);
    await bench.inStep();
  };
  for (let round = 0; round < 6; round++) await cycle(round);
  await bench.pass(1000);
  const before = measure();
  for (let round = 0; round < 30; round++) await cycle(round);
  await bench.pass(1000);
  const after = measure();
  assert.equal(after.descriptors, before.descriptors);
  assert.equal(after.segments, before.segments);
  assert.ok(after.timers <= before.timers, `${before.timers} timers became ${after.timers}`);
});
