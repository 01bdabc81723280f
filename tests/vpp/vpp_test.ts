import assert from "node:assert/strict";
import { steer } from "../support/steer.ts";
import { Bed } from "./support/bed.ts";
import { ports } from "./support/sync.ts";
import type { ConfigWish } from "./support/wishes.ts";

const web: ConfigWish = {
  backends: { b1: "10.0.0.1", b2: "10.0.0.2", b3: "10.0.0.3" },
  frontends: {
    web: { vip: "192.0.2.1", key: "tcp 80", pools: [{ b1: 100, b2: 50 }, { b3: 10 }] },
  },
};
const inStep = "192.0.2.1/32 6 80: 10.0.0.1=100 10.0.0.2=50 10.0.0.3=0";

Deno.test("on connect the settings are set, VIPs and servers are made, and then nothing is", async () => {
  await using bed = new Bed(web);
  await bed.start();
  assert.deepEqual(bed.state(), [inStep]);
  assert.equal(bed.log.named("vpp-lb-conf-set").length, 1);
  const info = bed.vpp.info();
  assert.equal(info?.version, "26.10-rc0~374-gb575ec2c56d");
  assert.ok((info?.pid ?? 0) > 0 && (info?.bootTime ?? 0) > 0);
  await bed.pass(31_000);
  assert.equal(bed.fullSyncs, 2);
  assert.deepEqual(bed.synced, [
    "all vip_added",
    "all as_added",
    "all as_added",
    "all as_added",
  ]);
  assert.deepEqual((await bed.while(bed.vpp.plan())).changes, []);
  assert.deepEqual(bed.vppEvents(), ["connected", "in-step"]);
});

Deno.test("who VPP is, and that it is gone, is told in one event each", async () => {
  await using bed = new Bed(web);
  await bed.start();
  assert.deepEqual(bed.log.named("vpp-connect"), [{
    version: "26.10-rc0~374-gb575ec2c56d",
    "build-date": "2026-11-21T00:07:13",
    pid: 22804,
    boottime: "2023-11-14T22:13:20.000Z",
  }]);
  bed.sim.kill();
  await bed.until(() => bed.vpp.info() === undefined);
  assert.deepEqual(bed.log.named("vpp-disconnect"), [{ err: "VPP closed the connection" }]);
  assert.deepEqual(bed.vppEvents(), ["connected", "in-step", "lost VPP closed the connection"]);
  bed.sim.start();
  await bed.becomes(inStep);
  assert.equal(bed.log.named("vpp-connect")[1]?.restarted, true);
  bed.sim.cut();
  await bed.until(() => bed.log.named("vpp-connect").length === 3);
  assert.equal(bed.log.named("vpp-connect")[2]?.restarted, undefined);
});

Deno.test("the reconciler tells when it starts and stops, and stopping is no disturbance", async () => {
  await using bed = new Bed(web);
  await bed.start();
  await bed.while(bed.vpp.close());
  assert.equal(bed.log.named("vpp-reconciler-start").length, 1);
  assert.equal(bed.log.named("vpp-reconciler-stop").length, 1);
  const [record] = bed.log.records.filter(({ msg }) => msg === "vpp-disconnect");
  assert.deepEqual([record?.level, record?.attributes], [
    "info",
    { reason: "maglevd is stopping" },
  ]);
  assert.deepEqual(bed.vppEvents(), ["connected", "in-step"]);
});

Deno.test("a backend that goes down is drained and flushed once, and comes back", async () => {
  await using bed = new Bed(web);
  await bed.start();
  bed.set("down", "b1");
  await bed.becomes("192.0.2.1/32 6 80: 10.0.0.1=0 10.0.0.2=50 10.0.0.3=0");
  await bed.pass(10);
  assert.deepEqual(bed.log.named("vpp-lbsync-as-weight"), [{
    frontend: "web",
    vip: "192.0.2.1/32",
    protocol: "tcp",
    port: 80,
    address: "10.0.0.1",
    from: 100,
    to: 0,
    flush: true,
  }]);
  await bed.pass(30_000);
  assert.equal(bed.log.named("vpp-lbsync-as-weight").length, 1);
  bed.set("up", "b1");
  await bed.becomes(inStep);
});

Deno.test("what a sync is about is named, ten frontends at most", async () => {
  const backends = { b1: "10.0.0.1" };
  const names = Array.from({ length: 12 }, (_, i) => `f${String(i).padStart(2, "0")}`);
  const frontends = names.map((name, i) =>
    [name, { vip: `192.0.2.${i + 1}`, key: "any", pools: [{ b1: 1 }] }] as const
  );
  await using bed = new Bed({ backends, frontends: Object.fromEntries(frontends) });
  await bed.start();
  bed.log.records.length = 0;
  bed.set("paused", "b1");
  await bed.becomesAsWanted();
  await bed.pass(10);
  const scope = { scope: "vip", frontends: names.slice(0, 10) };
  assert.deepEqual(bed.log.named("vpp-lbsync-start"), [scope]);
  const counts = { vip_added: 0, vip_removed: 0, as_added: 0, as_removed: 0, refused: 0 };
  const done = { ...scope, ...counts, as_weight_updated: 12, "duration-ms": 2 };
  assert.deepEqual(bed.log.named("vpp-lbsync-done"), [done]);
});

Deno.test("each frontend of a change has its record", async () => {
  await using bed = new Bed({
    ...web,
    frontends: { ...web.frontends, dns: { vip: "192.0.2.2", key: "any", pools: [{ b1: 7 }] } },
  });
  await bed.start();
  bed.log.records.length = 0;
  bed.set("down", "b1");
  assert.deepEqual(bed.log.named("vpp-reconciler-event"), [
    { frontend: "dns", backend: "b1", from: "up", to: "down" },
    { frontend: "web", backend: "b1", from: "up", to: "down" },
    { frontend: "dns", pool: "pool0", backend: "b1", weight: "7 -> 0", flush: false },
    { frontend: "web", pool: "pool0", backend: "b1", weight: "100 -> 0", flush: false },
  ]);
});

Deno.test("a pool fails over when its backends are down", async () => {
  await using bed = new Bed(web);
  await bed.start();
  bed.set("down", "b1", "b2");
  await bed.becomes("192.0.2.1/32 6 80: 10.0.0.1=0 10.0.0.2=0 10.0.0.3=10");
  bed.set("up", "b2");
  await bed.becomes("192.0.2.1/32 6 80: 10.0.0.1=0 10.0.0.2=50 10.0.0.3=0");
});

Deno.test("disabling a backend of a standby pool flushes it though its weight stays 0", async () => {
  await using bed = new Bed(web);
  await bed.start();
  bed.set("disabled", "b3");
  await bed.until(() => bed.log.named("vpp-lbsync-as-weight").length === 1);
  const [record] = bed.log.named("vpp-lbsync-as-weight");
  assert.deepEqual([record?.address, record?.from, record?.to, record?.flush], [
    "10.0.0.3",
    0,
    0,
    true,
  ]);
});

Deno.test("an operator's weight goes to VPP, with a flush if asked for, even unchanged", async () => {
  await using bed = new Bed(web);
  await bed.start();
  steer(bed.checker).setWeight("web", "pool0", "b2", 20, false);
  await bed.becomes("192.0.2.1/32 6 80: 10.0.0.1=100 10.0.0.2=20 10.0.0.3=0");
  steer(bed.checker).setWeight("web", "pool0", "b2", 20, true);
  await bed.until(() => bed.log.named("vpp-lbsync-as-weight").length === 2);
  assert.deepEqual(
    bed.log.named("vpp-lbsync-as-weight").map(({ from, to, flush }) => [from, to, flush]),
    [[50, 20, false], [20, 20, true]],
  );
  await bed.pass(30_000);
  assert.equal(bed.log.named("vpp-lbsync-as-weight").length, 2);
});

Deno.test("without the stats socket there is no connection", async () => {
  await using bed = new Bed(web);
  bed.sim.start();
  bed.sim.stopStats();
  bed.vpp.start();
  await bed.until(() => bed.log.named("vpp-connect-failed").length === 1);
  assert.equal(bed.vpp.info(), undefined);
  await bed.pass(500);
  bed.sim.startStats();
  await bed.becomes(inStep);
  assert.deepEqual(bed.log.named("vpp-connect-failed"), [{
    "api-addr": "api.sock",
    "stats-addr": "stats.sock",
    err: "Connection refused (os error 111)",
  }]);
});

Deno.test("a VPP that hangs is given up, and taken up again when it answers", async () => {
  await using bed = new Bed(web);
  await bed.start();
  bed.sim.hang();
  await bed.until(() => bed.vpp.info() === undefined, "disconnected");
  assert.deepEqual(bed.vppEvents().at(-1), "lost VPP did not answer control_ping within 5000 ms");
  await bed.pass(30_000);
  assert.equal(bed.vpp.complaint(), undefined, "that VPP is away is no fault of maglevd's");
  bed.sim.resume();
  await bed.until(() => bed.vpp.step()?.inStep === true);
});

const slow = { startupMinDelayMs: 5_000, startupMaxDelayMs: 30_000 };

Deno.test("in the warm-up nothing is touched, then each frontend as its backends become known", async () => {
  await using bed = new Bed({
    ...web,
    frontends: { ...web.frontends, other: { vip: "192.0.2.2", key: "any", pools: [{ b3: 7 }] } },
    lb: slow,
  }, { backends: "unknown" });
  bed.sim.start();
  bed.vpp.start();
  await bed.pass(1_000);
  assert.equal(bed.log.named("vpp-lb-conf-set").length, 1, "the settings are set at once");
  bed.set("up", "b3");
  await bed.pass(1_000);
  assert.deepEqual(bed.state(), []);
  assert.deepEqual(bed.log.named("vpp-lbsync-start"), [], "nor is anything begun");
  const refusal = await bed.failure(bed.vpp.sync());
  assert.match(refusal.message, /the warm-up is not over/);
  await bed.pass(4_000);
  assert.deepEqual(bed.state(), ["192.0.2.2/32 255 0: 10.0.0.3=7"]);
  bed.set("up", "b1");
  await bed.pass(100);
  assert.equal(bed.state().length, 1);
  bed.set("down", "b2");
  await bed.becomes(
    "192.0.2.2/32 255 0: 10.0.0.3=7",
    "192.0.2.1/32 6 80: 10.0.0.1=100 10.0.0.2=0 10.0.0.3=0",
  );
  assert.equal(bed.vpp.step()?.inStep, false);
  assert.deepEqual(bed.vppEvents(), ["connected"], "nobody has looked at all of it");
  await bed.pass(25_000);
  assert.equal(bed.fullSyncs, 1);
  assert.deepEqual(bed.vppEvents(), ["connected", "in-step"]);
  await bed.while(bed.vpp.sync());
  assert.equal(bed.fullSyncs, 2);
});

Deno.test("the phases of a warm-up are told, and without a minimum it settles at once", async () => {
  const cases: [Partial<typeof slow>, string[], number][] = [
    [slow, ["settling", "over"], 0],
    [{ ...slow, startupMinDelayMs: 0 }, ["over"], 1],
  ];
  for (const [delays, phases, atOnce] of cases) {
    await using bed = new Bed({ ...web, lb: delays });
    bed.sim.start();
    bed.vpp.start();
    await bed.pass(2_000);
    assert.equal(bed.state().length, atOnce);
    for (const state of ["down", "up"] as const) {
      bed.set(state, "b1");
      await bed.pass(4_000);
    }
    await bed.pass(31_000);
    assert.deepEqual(bed.log.named("vpp-warmup").map(({ phase }) => phase), phases);
  }
});

Deno.test("maglevd killed and started again takes nobody out of service", async () => {
  for (const lb of [{}, slow]) {
    await using bed = new Bed({ ...web, lb });
    await bed.start();
    bed.set("down", "b2");
    await bed.becomes("192.0.2.1/32 6 80: 10.0.0.1=100 10.0.0.2=0 10.0.0.3=0");
    await bed.pass(10);
    const before = bed.synced.length;
    await bed.replaceMaglevd();
    bed.vpp.start();
    await bed.pass(40_000);
    assert.equal(bed.vpp.step()?.inStep, true);
    assert.equal(bed.synced.length, before, "nothing was changed");
    bed.answerAll();
    await bed.becomes(inStep);
  }
});

Deno.test("a reload adds, moves and removes, and pushes the settings if they differ", async () => {
  await using bed = new Bed(web);
  await bed.start();
  await bed.reload({
    backends: { b1: "10.0.0.1", b2: "10.0.0.22" },
    frontends: {
      web: { vip: "192.0.2.1", key: "tcp 80", sticky: true, pools: [{ b1: 100, b2: 50 }] },
      dns: { vip: "192.0.2.9", key: "udp 53", pools: [{ b1: 1 }] },
    },
    lb: { flowTimeoutSeconds: 60 },
  });
  await bed.becomes(
    "192.0.2.1/32 6 80: 10.0.0.1=100 10.0.0.22=50",
    "192.0.2.9/32 17 53: 10.0.0.1=1",
  );
  await bed.until(() => bed.fullSyncs === 2);
  const { conf, vips } = await bed.while(bed.vpp.state());
  assert.equal(conf.flowTimeoutSeconds, 60);
  assert.deepEqual(vips.map(({ srcIpSticky }) => srcIpSticky), [true, false]);
  assert.equal(bed.log.named("vpp-lbsync-vip-recreate").length, 1);
  assert.match(String(bed.log.named("vpp-lb-conf-set")[1]?.change), /flow-timeout 40s -> 60s/);
});

Deno.test("in the warm-up a reload changes the settings and what may be touched", async () => {
  await using bed = new Bed({ ...web, lb: slow });
  bed.sim.start();
  bed.vpp.start();
  await bed.pass(6_000);
  assert.deepEqual(bed.state(), [inStep]);
  const backends = { ...web.backends, b4: "10.0.0.4" };
  await bed.reload({
    backends,
    frontends: {
      ...web.frontends,
      web: { vip: "192.0.2.1", key: "tcp 80", pools: [{ b1: 90 }] },
      new: { vip: "192.0.2.2", key: "any", pools: [{ b4: 1 }] },
    },
    lb: { ...slow, flowTimeoutSeconds: 70 },
  });
  await bed.becomes("192.0.2.1/32 6 80: 10.0.0.1=90");
  await bed.pass(10);
  assert.equal(bed.log.named("vpp-lb-conf-set").length, 2);
  bed.set("up", "b4");
  await bed.becomes("192.0.2.1/32 6 80: 10.0.0.1=90", "192.0.2.2/32 255 0: 10.0.0.4=1");
  await bed.reload({
    ...web,
    frontends: { web: { vip: "192.0.2.1", key: "tcp 80", sticky: true, pools: [{ b1: 90 }] } },
    lb: slow,
  });
  await bed.until(() => bed.log.named("vpp-lbsync-vip-recreate").length === 1);
  assert.equal(bed.fullSyncs, 0);
});

Deno.test("backends that flip their family take every port of the address down first", async () => {
  await using bed = new Bed(ports("10.0.0.1"));
  await bed.start();
  await bed.reload(ports("fd00::5"));
  await bed.becomes("192.0.2.1/32 6 80: fd00::5=100", "192.0.2.1/32 6 443: fd00::5=100");
  assert.deepEqual(bed.log.named("vpp-reconciler-error"), []);
});

Deno.test("counters of VIPs and servers are read from VPP's memory", async () => {
  await using bed = new Bed(web);
  assert.equal(bed.vpp.counters(), undefined);
  await bed.start();
  bed.sim.traffic({
    vip: { prefix: "192.0.2.1/32", protocol: 6, port: 80 },
    flows: 50,
    packets: 4,
    bytes: 100,
  });
  await bed.until(() => (bed.vpp.counters()?.vips.length ?? 0) > 0);
  const counters = bed.vpp.counters();
  const vip = { prefix: "192.0.2.1/32", protocol: "tcp", port: 80 };
  assert.deepEqual(counters?.vips, [{ ...vip, next: 150, first: 50, untracked: 0, noServer: 0 }]);
  assert.deepEqual(counters?.addresses, [{ prefix: vip.prefix, packets: 200, bytes: 20_000 }]);
  assert.deepEqual(counters?.servers.map(({ address }) => address), [
    "10.0.0.1",
    "10.0.0.2",
    "10.0.0.3",
  ]);
  const [one, two, three] = counters?.servers ?? [];
  assert.equal((one?.packets ?? 0) + (two?.packets ?? 0), 200);
  assert.equal((one?.bytes ?? 0) + (two?.bytes ?? 0), 200 * 124);
  assert.equal(three?.packets, 0);
  const { at = 0 } = counters ?? {};
  await bed.pass(5_100);
  assert.equal(Math.round((bed.vpp.counters()?.at ?? 0) - at), 5_000);
  bed.sim.kill();
  await bed.until(() => bed.vpp.info() === undefined);
  assert.equal(bed.vpp.counters(), undefined);
});

Deno.test("a thousand transitions in one turn are not a thousand dumps", async () => {
  await using bed = new Bed(web);
  await bed.start();
  const dumps = () => bed.sim.journal.requests("lb_vip_dump").length;
  const before = dumps();
  for (let i = 0; i < 500; i++) {
    steer(bed.checker).pause("b1");
    steer(bed.checker).resume("b1");
  }
  await bed.becomes("192.0.2.1/32 6 80: 10.0.0.1=0 10.0.0.2=50 10.0.0.3=0");
  await bed.pass(100);
  assert.equal(dumps(), before);
  assert.ok(bed.log.named("vpp-lbsync-done").length < 10);
});

Deno.test("closing leaves VPP as it is", async () => {
  await using bed = new Bed(web);
  await bed.start();
  await bed.while(bed.vpp.close());
  assert.deepEqual(bed.state(), [inStep]);
  assert.equal(bed.vpp.info(), undefined);
  assert.equal(bed.vpp.step(), undefined);
  bed.set("paused", "b1");
  await bed.pass(1_000);
  assert.deepEqual(bed.log.named("vpp-reconciler-event").filter(({ to }) => to === "paused"), []);
});
