import assert from "node:assert/strict";
import { Bench } from "./support/bench.ts";
import { type Site, smallSite } from "./support/site.ts";
import { WeightWatch } from "./support/weight_watch.ts";

/** The usual delays: nothing is touched for 5 s, everything from 30 s on. */
const site: Site = { ...smallSite, startupDelays: [5, 30] };

/** All but `c`, which waits in the second pool with weight 0. */
const serving = new Set(["10.1.0.1", "10.1.0.2", "fd00:1::1", "fd00:1::2"]);

Deno.test("maglevd comes, goes and comes again: a healthy server's weight never touches 0", async () => {
  await using bench = new Bench({ site, vppRuns: false });
  using watch = new WeightWatch(bench.vpp, (address) => serving.has(address));
  bench.start();
  await bench.pass(12_000);
  bench.vpp.start();
  await bench.inStep();
  for (let round = 0; round < 5; round++) {
    bench.vpp.restart();
    await bench.inStep();
    await bench.stop();
    await bench.pass(1000 * round);
    bench.start();
    await bench.pass(40_000);
    await bench.inStep();
  }
  assert.deepEqual(watch.offences, []);
  assert.ok(watch.seen >= 6 * 7, `${watch.seen} weights were set`);
});

Deno.test("VPP restarts at any second of maglevd's warm-up: no healthy server ever has weight 0", async () => {
  for (let second = 0; second <= 35; second += 5) {
    await using bench = new Bench({ site });
    using watch = new WeightWatch(bench.vpp, (address) => serving.has(address));
    bench.start();
    await bench.pass(1000 * second);
    bench.vpp.restart();
    await bench.pass(40_000);
    await bench.inStep();
    assert.deepEqual(watch.offences, [], `restarted after ${second} s`);
  }
});

Deno.test("a new maglevd drains nothing before it knows the backends, however long probes take", async () => {
  await using bench = new Bench({ site: { ...site, probeTimeout: "60s" } });
  await bench.begin();
  await bench.stop();
  bench.mute("b");
  using watch = new WeightWatch(bench.vpp, (address) => serving.has(address));
  bench.start();
  await bench.pass(29_000);
  assert.equal(watch.seen, 0, "web and tls wait for b, dns is in step");
  bench.unmute("b");
  await bench.pass(5_000);
  await bench.inStep();
  assert.deepEqual(watch.offences, []);
});

Deno.test("killing VPP at each message of an adoption harms no healthy server", async () => {
  await using bench = new Bench({ site });
  using watch = new WeightWatch(bench.vpp, (address) => serving.has(address));
  await bench.begin();
  for (let sequence = 1; sequence <= 20; sequence++) {
    await bench.stop();
    const when = (request: { sequence: number }) => request.sequence === sequence;
    bench.vpp.restart();
    bench.vpp.misbehave({ when, times: 1, fault: { kind: "die", when: "after" } });
    bench.start();
    await bench.until("VPP died", () => !bench.vpp.running);
    bench.vpp.start();
    await bench.pass(35_000);
    await bench.inStep();
  }
  assert.deepEqual(watch.offences, []);
});

Deno.test("without a warm-up, and before any probe, a new maglevd drains nothing either", async () => {
  await using bench = new Bench({ site: { ...smallSite, probeTimeout: "60s" } });
  await bench.begin();
  await bench.stop();
  for (const name of Object.keys(smallSite.backends)) bench.mute(name);
  using watch = new WeightWatch(bench.vpp, (address) => serving.has(address));
  bench.start();
  await bench.pass(40_000);
  assert.equal(bench.service.step()?.inStep, true);
  assert.equal(watch.seen, 0);
  for (const name of Object.keys(smallSite.backends)) bench.unmute(name);
  await bench.pass(5_000);
  await bench.inStep();
  assert.deepEqual(watch.offences, []);
});

Deno.test("the watch would notice", async () => {
  await using bench = new Bench();
  await bench.begin();
  using watch = new WeightWatch(bench.vpp, (address) => serving.has(address));
  bench.health("a", false);
  await bench.pass(10_000);
  assert.ok(watch.offences.length > 0);
});
