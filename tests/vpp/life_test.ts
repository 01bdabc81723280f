import assert from "node:assert/strict";
import type { ConfigWish } from "./fake_checker.ts";
import { TestBed } from "./test_bed.ts";
import { settle, until } from "../support/until.ts";

const web: ConfigWish = {
  backends: { b1: "10.0.0.1", b2: "10.0.0.2", b3: "10.0.0.3" },
  frontends: {
    web: { vip: "192.0.2.1", key: "tcp 80", pools: [{ b1: 100, b2: 50 }, { b3: 10 }] },
  },
};
const inStep = "192.0.2.1/32 6 80: 10.0.0.1=100 10.0.0.2=50 10.0.0.3=0";

Deno.test("on connect the settings are set, VIPs and servers are made, and then nothing is", async () => {
  await using bed = new TestBed(web);
  await bed.start();
  await bed.becomes(inStep);
  assert.equal(bed.log.named("vpp-lb-conf-set").length, 1);
  const info = bed.vpp.info();
  assert.equal(info?.version, "26.10-rc0~374-gb575ec2c56d");
  assert.ok((info?.pid ?? 0) > 0 && (info?.bootTime ?? 0) > 0);
  await until(() => bed.fullSyncs === 1);
  await bed.pass(30);
  await until(() => bed.fullSyncs === 2);
  assert.deepEqual(bed.synced, [
    "all vip_added",
    "all as_added",
    "all as_added",
    "all as_added",
  ]);
  assert.deepEqual(await bed.vpp.plan(), []);
});

Deno.test("a backend that goes down is drained and flushed once, and comes back", async () => {
  await using bed = new TestBed(web);
  await bed.start();
  await bed.becomes(inStep);
  bed.checker.set("down", "b1");
  await bed.becomes("192.0.2.1/32 6 80: 10.0.0.1=0 10.0.0.2=50 10.0.0.3=0");
  await until(() => bed.log.named("vpp-lbsync-as-weight").length === 1);
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
  await bed.pass(30);
  assert.equal(bed.log.named("vpp-lbsync-as-weight").length, 1);
  bed.checker.set("up", "b1");
  await bed.becomes(inStep);
});

Deno.test("a pool fails over when its backends are down", async () => {
  await using bed = new TestBed(web);
  await bed.start();
  await bed.becomes(inStep);
  bed.checker.set("down", "b1", "b2");
  await bed.becomes("192.0.2.1/32 6 80: 10.0.0.1=0 10.0.0.2=0 10.0.0.3=10");
  bed.checker.set("up", "b2");
  await bed.becomes("192.0.2.1/32 6 80: 10.0.0.1=0 10.0.0.2=50 10.0.0.3=0");
});

Deno.test("disabling a backend of a standby pool flushes it though its weight stays 0", async () => {
  await using bed = new TestBed(web);
  await bed.start();
  await bed.becomes(inStep);
  bed.checker.set("disabled", "b3");
  await until(() => bed.log.named("vpp-lbsync-as-weight").length === 1);
  const [record] = bed.log.named("vpp-lbsync-as-weight");
  assert.deepEqual([record?.address, record?.from, record?.to, record?.flush], [
    "10.0.0.3",
    0,
    0,
    true,
  ]);
});

Deno.test("an operator's weight goes to VPP, with a flush if asked for, even unchanged", async () => {
  await using bed = new TestBed(web);
  await bed.start();
  await bed.becomes(inStep);
  bed.checker.setWeight("web", "b2", 20, false);
  await bed.becomes("192.0.2.1/32 6 80: 10.0.0.1=100 10.0.0.2=20 10.0.0.3=0");
  bed.checker.setWeight("web", "b2", 20, true);
  await until(() => bed.log.named("vpp-lbsync-as-weight").length === 2);
  assert.deepEqual(
    bed.log.named("vpp-lbsync-as-weight").map(({ from, to, flush }) => [from, to, flush]),
    [[50, 20, false], [20, 20, true]],
  );
  await bed.pass(30);
  assert.equal(bed.log.named("vpp-lbsync-as-weight").length, 2);
});

Deno.test("what somebody does by hand is undone by the next drift pass, and logged", async () => {
  await using bed = new TestBed(web);
  await bed.start();
  await bed.becomes(inStep);
  const vip = { prefix: "192.0.2.1/32", protocol: 6, port: 80 };
  bed.sim.byHand.setWeight(vip, "10.0.0.2", 99);
  bed.sim.byHand.deleteServer(vip, "10.0.0.1");
  bed.sim.byHand.addVip({ prefix: "198.51.100.0/24", protocol: 255, port: 0, encap: "gre4" });
  bed.sim.byHand.addServer({ prefix: "198.51.100.0/24", protocol: 255, port: 0 }, "10.9.9.9", 1);
  await bed.pass(30);
  await bed.becomes(inStep);
  await until(() => bed.fullSyncs === 2);
  assert.equal(bed.log.named("vpp-lbsync-vip-del").length, 1);
  assert.equal(bed.log.named("vpp-lbsync-as-add").length, 4);
});

Deno.test("a change that VPP refuses because it was changed by hand is planned anew", async () => {
  await using bed = new TestBed(web);
  await bed.start();
  await bed.becomes(inStep);
  bed.sim.byHand.deleteServer({ prefix: "192.0.2.1/32", protocol: 6, port: 80 }, "10.0.0.1");
  bed.checker.set("paused", "b1");
  await bed.becomes("192.0.2.1/32 6 80: 10.0.0.1=0 10.0.0.2=50 10.0.0.3=0");
  const [error] = bed.log.named("vpp-reconciler-error");
  assert.equal(error?.err, "VPP refused lb_as_set_weight: -6 (NO_SUCH_ENTRY)");
});

Deno.test("a VPP that restarts is filled again at once", async () => {
  await using bed = new TestBed(web);
  await bed.start();
  await bed.becomes(inStep);
  bed.sim.restart();
  await until(() => bed.vpp.info() === undefined, "disconnected");
  assert.equal(bed.vpp.counters(), undefined);
  await assert.rejects(bed.vpp.state(), { name: "VppError", kind: "unavailable" });
  await until(() => bed.clock.pending > 0);
  await bed.pass(5);
  await bed.connected();
  await bed.becomes(inStep);
  assert.equal(bed.log.named("vpp-disconnect").length, 1);
  assert.equal(bed.log.named("vpp-connect")[1]?.restarted, true);
});

Deno.test("a VPP that comes late is found", async () => {
  await using bed = new TestBed(web);
  bed.vpp.start();
  await until(() => bed.log.named("vpp-connect-failed").length === 1);
  bed.sim.start();
  await bed.pass(5);
  await bed.connected();
  await bed.becomes(inStep);
});

Deno.test("without the stats socket there is no connection", async () => {
  await using bed = new TestBed(web);
  bed.sim.start();
  bed.sim.stopStats();
  bed.vpp.start();
  await until(() => bed.log.named("vpp-connect-failed").length === 1);
  assert.match(String(bed.log.named("vpp-connect-failed")[0]?.err), /stats\.sock/);
  assert.equal(bed.vpp.info(), undefined);
  bed.sim.startStats();
  await bed.pass(5);
  await bed.connected();
  await bed.becomes(inStep);
});

Deno.test("a VPP that hangs is given up, and taken up again when it answers", async () => {
  await using bed = new TestBed(web);
  await bed.start();
  await bed.becomes(inStep);
  await until(() => bed.fullSyncs === 1);
  bed.sim.hang();
  await bed.pass(20);
  await until(() => bed.vpp.info() === undefined, "disconnected");
  bed.sim.resume();
  await until(() => bed.clock.pending > 0);
  for (let i = 0; i < 10 && bed.vpp.info() === undefined; i++) {
    await bed.pass(5);
  }
  await bed.connected();
  await bed.becomes(inStep);
});

const slow = { startupMinDelayMs: 5_000, startupMaxDelayMs: 30_000 };

Deno.test("in the warm-up nothing is touched, then each frontend as its backends become known", async () => {
  const wish: ConfigWish = {
    ...web,
    frontends: {
      ...web.frontends,
      other: { vip: "192.0.2.2", key: "any", pools: [{ b3: 7 }] },
    },
    lb: slow,
  };
  await using bed = new TestBed(wish, "unknown");
  await bed.start();
  bed.checker.set("up", "b3");
  await settle();
  assert.deepEqual(bed.state(), []);
  await assert.rejects(bed.vpp.sync(), { kind: "failed-precondition" });
  await bed.pass(5);
  await bed.becomes("192.0.2.2/32 255 0: 10.0.0.3=7");
  bed.checker.set("up", "b1");
  await settle();
  assert.equal(bed.state().length, 1);
  bed.checker.set("down", "b2");
  await bed.becomes(
    "192.0.2.2/32 255 0: 10.0.0.3=7",
    "192.0.2.1/32 6 80: 10.0.0.1=100 10.0.0.2=0 10.0.0.3=0",
  );
  await bed.pass(25);
  await until(() => bed.fullSyncs === 1);
  await bed.vpp.sync();
  assert.equal(bed.fullSyncs, 2);
});

Deno.test("maglevd killed and started again drains nothing that is healthy", async () => {
  await using bed = new TestBed({ ...web, lb: slow });
  await bed.start();
  await bed.pass(5);
  await bed.becomes(inStep);
  await bed.replaceVppRoom();
  bed.checker.set("unknown", "b1", "b2", "b3");
  const before = bed.synced.length;
  bed.vpp.start();
  await bed.connected();
  await bed.pass(5);
  await settle();
  assert.equal(bed.state()[0], inStep);
  bed.checker.set("up", "b1", "b2", "b3");
  await settle();
  await bed.pass(25);
  assert.equal(bed.state()[0], inStep);
  assert.equal(bed.synced.length, before, "nothing was changed");
});

Deno.test("a reload adds, moves and removes, and pushes the settings if they differ", async () => {
  await using bed = new TestBed(web);
  await bed.start();
  await bed.becomes(inStep);
  bed.checker.reload({
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
  const { conf, vips } = await bed.vpp.state();
  assert.equal(conf.flowTimeoutSeconds, 60);
  assert.deepEqual(vips.map(({ srcIpSticky }) => srcIpSticky), [true, false]);
  assert.equal(bed.log.named("vpp-lbsync-vip-recreate").length, 1);
  assert.match(String(bed.log.named("vpp-lb-conf-set")[1]?.change), /flow-timeout 40s -> 60s/);
});

Deno.test("backends that flip their family take every port of the address down first", async () => {
  const ports = (b1: string): ConfigWish => ({
    backends: { b1 },
    frontends: {
      a: { vip: "192.0.2.1", key: "tcp 80", pools: [{ b1: 100 }] },
      b: { vip: "192.0.2.1", key: "tcp 443", pools: [{ b1: 100 }] },
    },
  });
  await using bed = new TestBed(ports("10.0.0.1"));
  await bed.start();
  await bed.becomes("192.0.2.1/32 6 80: 10.0.0.1=100", "192.0.2.1/32 6 443: 10.0.0.1=100");
  bed.checker.reload(ports("fd00::5"));
  await bed.becomes("192.0.2.1/32 6 80: fd00::5=100", "192.0.2.1/32 6 443: fd00::5=100");
  assert.deepEqual(bed.log.named("vpp-reconciler-error"), []);
});

Deno.test("a plan says what a sync would do, line by line", async () => {
  await using bed = new TestBed(web);
  await bed.start();
  await bed.becomes(inStep);
  await until(() => bed.fullSyncs === 1);
  const vip = { prefix: "192.0.2.1/32", protocol: 6, port: 80 };
  bed.sim.byHand.setWeight(vip, "10.0.0.1", 7);
  bed.sim.byHand.addVip({ prefix: "203.0.113.0/24", protocol: 255, port: 0, encap: "gre4" });
  const lines = (await bed.vpp.plan()).map((change) =>
    `${change.kind} ${change.prefix} ${change.protocol} ${change.port} ${change.address} ` +
    `(${change.detail}) ${change.frontend}`
  );
  assert.deepEqual(lines, [
    "as-weight 192.0.2.1/32 tcp 80 10.0.0.1 (weight 7 -> 100) web",
    "vip-del 203.0.113.0/24 any 0  (no frontend asks for it) ",
  ]);
  assert.equal((await bed.vpp.plan("web")).length, 1);
  await assert.rejects(bed.vpp.plan("nobody"), { kind: "not-found" });
  await bed.vpp.sync("web");
  assert.deepEqual((await bed.vpp.plan()).map(({ kind }) => kind), ["vip-del"]);
  await bed.vpp.sync();
  assert.deepEqual(await bed.vpp.plan(), []);
});

Deno.test("counters of VIPs and servers are read from VPP's memory", async () => {
  await using bed = new TestBed(web);
  await bed.start();
  await bed.becomes(inStep);
  bed.sim.traffic({
    vip: { prefix: "192.0.2.1/32", protocol: 6, port: 80 },
    flows: 50,
    packets: 4,
    bytes: 100,
  });
  await until(() => bed.fullSyncs === 1);
  const before = bed.vpp.counters()?.at;
  await bed.pass(5);
  await until(() => bed.vpp.counters()?.at !== before);
  const counters = bed.vpp.counters();
  assert.deepEqual(counters?.vips, [{
    prefix: "192.0.2.1/32",
    protocol: "tcp",
    port: 80,
    next: 150,
    first: 50,
    untracked: 0,
    noServer: 0,
  }]);
  assert.deepEqual(counters?.addresses, [{
    prefix: "192.0.2.1/32",
    packets: 200,
    bytes: 20_000,
  }]);
  assert.deepEqual(counters?.servers.map(({ address }) => address), [
    "10.0.0.1",
    "10.0.0.2",
    "10.0.0.3",
  ]);
  const [one, two, three] = counters?.servers ?? [];
  assert.equal((one?.packets ?? 0) + (two?.packets ?? 0), 200);
  assert.equal((one?.bytes ?? 0) + (two?.bytes ?? 0), 200 * 124);
  assert.equal(three?.packets, 0);
});

Deno.test("a thousand transitions in one turn are not a thousand dumps", async () => {
  await using bed = new TestBed(web);
  await bed.start();
  await bed.becomes(inStep);
  await until(() => bed.fullSyncs === 1);
  const dumps = () => bed.sim.journal.requests("lb_vip_dump").length;
  const before = dumps();
  for (let i = 0; i < 1_000; i++) bed.checker.set(i % 2 === 0 ? "down" : "up", "b1");
  bed.checker.set("down", "b1");
  await bed.becomes("192.0.2.1/32 6 80: 10.0.0.1=0 10.0.0.2=50 10.0.0.3=0");
  assert.equal(dumps(), before);
  assert.ok(bed.log.named("vpp-lbsync-done").length < 10);
});

Deno.test("closing leaves VPP as it is", async () => {
  await using bed = new TestBed(web);
  await bed.start();
  await bed.becomes(inStep);
  await bed.vpp.close();
  assert.deepEqual(bed.state(), [inStep]);
  assert.equal(bed.vpp.info(), undefined);
});
