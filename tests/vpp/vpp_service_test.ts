import assert from "node:assert/strict";
import { steer } from "../support/steer.ts";
import { Bed } from "./support/bed.ts";
import { sent, web } from "./support/sync.ts";

Deno.test("who hears that VPP is connected can ask it", async () => {
  await using bed = new Bed(web);
  const seen: boolean[] = [];
  bed.checker.events.subscribe((event) => {
    if (event.kind !== "vpp") return;
    if (event.change === "connected" || event.change === "lost") {
      seen.push(bed.vpp.info() !== undefined);
    }
  });
  await bed.start();
  bed.sim.kill();
  await bed.until(() => bed.vpp.info() === undefined);
  assert.deepEqual(seen, [true, false]);
});

Deno.test("a warm-up is over with maglevd, however long VPP takes to say good-bye", async () => {
  await using bed = new Bed({ ...web, lb: { startupMinDelayMs: 5_000, startupMaxDelayMs: 9_000 } });
  bed.sim.start();
  bed.vpp.start();
  await bed.pass(4_500);
  bed.sim.hang();
  await bed.while(bed.vpp.close());
  assert.ok(bed.clock.now() > 5_000);
  assert.deepEqual(bed.log.named("vpp-warmup"), []);
  const told = bed.log.records.map(({ msg }) => msg);
  assert.ok(told.indexOf("vpp-reconciler-stop") > told.indexOf("vpp-disconnect"));
});

Deno.test("before counters were read there are none, of no time", async () => {
  await using bed = new Bed(web, { delayMs: 20 });
  bed.sim.start();
  bed.vpp.start();
  await bed.until(() => bed.vpp.info() !== undefined);
  assert.deepEqual(bed.vpp.counters(), { at: 0, vips: [], addresses: [], servers: [] });
});

Deno.test("counters that can never be read leave the connection as it is", async () => {
  await using bed = new Bed(web, { delayMs: 20 });
  bed.sim.start();
  bed.vpp.start();
  await bed.until(() => bed.vpp.info() !== undefined);
  bed.sim.beginStatsChange();
  await bed.pass(9_000);
  assert.equal(bed.log.named("vpp-stats-unreadable").length, 1);
  await bed.pass(60_000);
  assert.equal(bed.log.named("vpp-stats-unreadable").length, 2);
  assert.ok(bed.vpp.info());
  assert.deepEqual(bed.vppEvents(), ["connected", "in-step"]);
});

Deno.test("what cannot be asked says why, and of which kind that is", async () => {
  await using bed = new Bed({ ...web, lb: { startupMinDelayMs: 5_000, startupMaxDelayMs: 9_000 } });
  bed.sim.start();
  bed.vpp.start();
  await bed.pass(1_000);
  const kindOf = async (work: Promise<unknown>) => {
    const { name, message, ...rest } = await bed.failure(work);
    return [name, "kind" in rest && rest.kind, message];
  };
  assert.deepEqual(await kindOf(bed.vpp.sync()), [
    "OperatorError",
    "failed-precondition",
    "the warm-up is not over: VPP is synced by itself as backends become known",
  ]);
  assert.deepEqual(await kindOf(bed.vpp.plan("nobody")), [
    "OperatorError",
    "not-found",
    "there is no frontend nobody",
  ]);
  bed.sim.hang();
  assert.deepEqual(await kindOf(bed.vpp.state()), [
    "OperatorError",
    "unavailable",
    "VPP did not answer: VPP did not answer lb_conf_get within 10000 ms",
  ]);
});

Deno.test("a flush that was asked for before VPP had the server is not made up for later", async () => {
  await using bed = new Bed(web);
  bed.vpp.start();
  steer(bed.checker).setWeight("web", "pool0", "b2", 20, true);
  bed.sim.start();
  await bed.becomes("192.0.2.1/32 6 80: 10.0.0.1=100 10.0.0.2=20");
  await bed.pass(60_000);
  assert.equal(bed.fullSyncs, 2);
  assert.deepEqual(bed.log.named("vpp-lbsync-as-weight"), [], "it has had no flows but its own");
});

Deno.test("a flush that was asked for while another is on its way comes as well", async () => {
  await using bed = new Bed(web);
  await bed.start();
  bed.sim.misbehave({
    when: ({ name }) => name === "lb_as_set_weight",
    ...{ fault: { kind: "late", ms: 5_000 }, times: 1 },
  });
  steer(bed.checker).setWeight("web", "pool0", "b2", 20, true);
  await bed.pass(1_000);
  steer(bed.checker).setWeight("web", "pool0", "b2", 10, true);
  await bed.pass(60_000);
  assert.deepEqual(
    bed.log.named("vpp-lbsync-as-weight").map(({ from, to, flush }) => [from, to, flush]),
    [[50, 20, true], [20, 10, true]],
  );
});

Deno.test("who VPP has flushed is not flushed again because another answer never came", async () => {
  await using bed = new Bed(web);
  await bed.start();
  bed.sim.misbehave({
    when: ({ name }) => name === "lb_as_set_weight",
    ...{ fault: { kind: "silence" }, times: 1 },
  });
  bed.set("down", "b1", "b2");
  await bed.pass(60_000);
  assert.deepEqual(bed.vppEvents().filter((told) => told.startsWith("lost")).length, 1);
  assert.deepEqual(bed.state(), ["192.0.2.1/32 6 80: 10.0.0.1=0 10.0.0.2=0"]);
  assert.equal(sent(bed, "lb_as_set_weight"), 3, "only of one nobody knows");
});

Deno.test("a weight of 0 does not count as a flush, though the connection ended with its answer", async () => {
  const pools = [{ b1: 100 }, { b2: 50 }];
  await using bed = new Bed({
    ...web,
    frontends: { web: { vip: "192.0.2.1", key: "tcp 80", pools } },
  });
  await bed.start();
  bed.set("down", "b1");
  await bed.becomes("192.0.2.1/32 6 80: 10.0.0.1=0 10.0.0.2=50");
  bed.sim.misbehave({
    when: ({ name, fields }) => name === "lb_as_set_weight" && fields.weight === 100,
    ...{ fault: { kind: "silence" }, times: 1 },
  });
  bed.set("up", "b1");
  await bed.becomes("192.0.2.1/32 6 80: 10.0.0.1=100 10.0.0.2=0");
  bed.set("down", "b2");
  await bed.pass(20_000);
  const flushes = bed.log.named("vpp-lbsync-as-weight").filter(({ flush }) => flush);
  assert.deepEqual(flushes.map(({ address }) => address), ["10.0.0.1", "10.0.0.2"]);
});

Deno.test("what became of a frontend while VPP was away is no matter once it is gone", async () => {
  const dns = { vip: "192.0.2.2", key: "udp 53", pools: [{ b1: 7 }] };
  await using bed = new Bed({ ...web, frontends: { ...web.frontends, dns } });
  bed.vpp.start();
  bed.set("down", "b1");
  await bed.reload(web);
  bed.sim.start();
  await bed.until(() => bed.vpp.step()?.inStep === true);
  const synced = bed.log.named("vpp-lbsync-start").flatMap(({ frontends }) => frontends ?? []);
  assert.deepEqual(synced, ["web"]);
});
