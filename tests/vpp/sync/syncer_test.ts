/** Drift, refusals, other people's hands, and what is said of them. */

import assert from "node:assert/strict";
import { ip } from "../../support/ip.ts";
import { Bed } from "../support/bed.ts";
import { inStep, refuse, sent, vip, web } from "../support/sync.ts";

/** When full syncs began, in fake seconds. */
function fullSyncTimes(bed: Bed): number[] {
  return bed.sim.journal.entries.flatMap((entry) =>
    entry.kind === "request" && entry.request.name === "lb_vip_dump"
      ? [Math.round(entry.at / 1000)]
      : []
  );
}

Deno.test("a changed sync-interval takes effect at the reload", async () => {
  await using bed = new Bed(web);
  await bed.start();
  await bed.pass(10_000);
  await bed.reload({ ...web, lb: { syncIntervalMs: 4_000 } });
  await bed.pass(10_000);
  await bed.reload({ ...web, lb: { syncIntervalMs: 50_000 } });
  await bed.pass(60_000);
  assert.deepEqual(fullSyncTimes(bed), [0, 10, 14, 18, 20, 70]);
});

Deno.test("a reload asks VPP once what it holds, settings included", async () => {
  await using bed = new Bed(web);
  await bed.start();
  await bed.pass(1_000);
  const names = ["lb_conf_get", "lb_vip_dump", "lb_as_v2_dump", "lb_conf"];
  const before = names.map((name) => sent(bed, name));
  await bed.reload({ ...web, lb: { flowTimeoutSeconds: 60 } });
  await bed.pass(1_000);
  assert.deepEqual(names.map((name, i) => sent(bed, name) - (before[i] ?? 0)), [1, 1, 1, 1]);
  assert.equal(bed.vpp.step()?.inStep, true);
});

Deno.test("what VPP holds is asked for without a filter", async () => {
  await using bed = new Bed(web);
  await bed.start();
  const fields = (name: string) => bed.sim.journal.requests(name)[0]?.fields;
  const pfx = { address: ip("0.0.0.0"), len: 0 };
  const any = { pfx, protocol: 255, port: 0 };
  assert.deepEqual(fields("lb_as_v2_dump"), any);
  assert.deepEqual(fields("lb_vip_dump"), { ...any, pfx_matcher: { le: 0, ge: 0 } });
});

Deno.test("what somebody does by hand is told, counted and undone by the next drift pass", async () => {
  await using bed = new Bed(web);
  await bed.start();
  bed.sim.byHand.setWeight(vip, "10.0.0.2", 99);
  bed.sim.byHand.deleteServer(vip, "10.0.0.1");
  bed.sim.byHand.addVip({ prefix: "198.51.100.0/24", protocol: 255, port: 0, encap: "gre4" });
  bed.sim.byHand.addServer({ prefix: "198.51.100.0/24", protocol: 255, port: 0 }, "10.9.9.9", 1);
  await bed.pass(29_000);
  assert.equal(bed.altered, 0);
  await bed.pass(1_500);
  assert.deepEqual(bed.state(), [inStep]);
  assert.equal(bed.altered, 1);
  assert.deepEqual(bed.log.records.filter(({ msg }) => msg === "vpp-altered"), [{
    level: "warn",
    msg: "vpp-altered",
    wall: 1_700_000_000_000,
    attributes: {
      err: "192.0.2.1/32 tcp 80: 10.0.0.1 removed, 10.0.0.2 weight 50 -> 99; " +
        "198.51.100.0/24 any 0: added",
    },
  }]);
  assert.equal(bed.vpp.step()?.inStep, true, "it could be undone");
  await bed.pass(60_000);
  assert.equal(bed.altered, 1);
});

Deno.test("each kind of alteration is told", async () => {
  const changes: [(bed: Bed) => void, string][] = [
    [({ sim }) => sim.byHand.deleteVip(vip), "removed"],
    [({ sim }) => sim.byHand.addServer(vip, "10.0.0.9", 3), "10.0.0.9 added with weight 3"],
    [
      ({ sim }) => {
        sim.byHand.deleteVip(vip);
        sim.byHand.addVip({ ...vip, encap: "gre6", sticky: true, tableLength: 16 });
      },
      "encap gre4 -> gre6, src-ip-sticky false -> true, buckets 1024 -> 16, 10.0.0.1 removed, " +
      "10.0.0.2 removed",
    ],
  ];
  for (const [change, told] of changes) {
    await using bed = new Bed(web);
    await bed.start();
    change(bed);
    await bed.while(bed.vpp.sync("web"));
    assert.deepEqual(bed.log.named("vpp-altered"), [{ err: `192.0.2.1/32 tcp 80: ${told}` }]);
    await bed.while(bed.vpp.sync());
    assert.deepEqual(bed.state(), [inStep]);
    assert.equal(bed.altered, 1);
  }
});

Deno.test("a long list of alterations is cut, the counter counts how often they were found", async () => {
  await using bed = new Bed(web);
  await bed.start();
  const add = (port: number) =>
    bed.sim.byHand.addVip({ prefix: "192.0.2.7/32", protocol: 6, port, encap: "gre4" });
  for (let port = 1; port <= 6; port++) add(port);
  await bed.while(bed.vpp.sync());
  for (let port = 1; port <= 5; port++) add(port);
  await bed.while(bed.vpp.sync());
  const [six, five] = bed.log.named("vpp-altered").map(({ err }) => String(err));
  assert.match(six ?? "", /^192\.0\.2\.7\/32 tcp 1: added; .* tcp 5: added; and 1 more$/);
  assert.match(five ?? "", /^192\.0\.2\.7\/32 tcp 1: added; .* tcp 5: added$/);
  assert.equal(bed.altered, 2);
});

Deno.test("what was found when connecting was not altered", async () => {
  await using bed = new Bed(web);
  await bed.start();
  await bed.replaceMaglevd();
  bed.sim.byHand.setWeight(vip, "10.0.0.2", 99);
  bed.answerAll();
  bed.vpp.start();
  await bed.becomes(inStep);
  await bed.pass(31_000);
  assert.equal(bed.altered, 0);
});

Deno.test("a change refused because somebody was there is planned anew by what VPP holds", async () => {
  await using bed = new Bed(web);
  await bed.start();
  bed.sim.byHand.deleteServer(vip, "10.0.0.1");
  bed.set("paused", "b1");
  await bed.becomes("192.0.2.1/32 6 80: 10.0.0.1=0 10.0.0.2=50");
  await bed.pass(100);
  assert.deepEqual(bed.log.named("vpp-reconciler-error"), [{
    frontend: "web",
    backend: "b1",
    from: "up",
    to: "paused",
    vip: "192.0.2.1/32",
    protocol: "tcp",
    port: 80,
    address: "10.0.0.1",
    change: "as-weight",
    weight: 0,
    err: "VPP refused lb_as_set_weight: -6 (NO_SUCH_ENTRY)",
  }]);
  assert.equal(sent(bed, "lb_vip_dump"), 2);
  assert.deepEqual(bed.vppEvents(), [
    "connected",
    "in-step",
    "altered 192.0.2.1/32 tcp 80: 10.0.0.1 removed",
  ]);
});

Deno.test("a change refused for good is tried, logged and counted once per plan", async () => {
  await using bed = new Bed(web);
  await bed.start();
  const relent = refuse(bed, "lb_as_set_weight");
  bed.set("paused", "b1");
  await bed.pass(1_000);
  assert.equal(sent(bed, "lb_as_set_weight"), 1);
  assert.equal(bed.log.named("vpp-reconciler-error").length, 1);
  assert.equal(bed.log.named("vpp-lbsync-done").at(-1)?.refused, 1);
  assert.equal(sent(bed, "lb_vip_dump"), 2, "VPP is asked once what it holds");
  const differs = "192.0.2.1/32 tcp 80: as-weight 10.0.0.1: " +
    "VPP refused lb_as_set_weight: -1 (UNSPECIFIED)";
  assert.deepEqual(bed.vppEvents(), ["connected", "in-step", `out-of-step ${differs}`]);
  const step = bed.vpp.step();
  assert.deepEqual([step?.inStep, step?.differs], [false, [differs]]);
  const told = bed.events.findLast((event) => event.kind === "vpp");
  assert.equal(told?.kind === "vpp" && told.attributes?.since, iso(step?.since), "since when");

  bed.set("paused", "b2");
  await bed.pass(1_000);
  assert.equal(sent(bed, "lb_as_set_weight"), 3, "something has changed: all of it is tried again");
  assert.equal(sent(bed, "lb_vip_dump"), 2, "and nothing more is to be learnt from VPP");
  await bed.pass(28_500);
  assert.equal(sent(bed, "lb_as_set_weight"), 5, "and by each drift pass");
  assert.equal(sent(bed, "lb_vip_dump"), 3);

  relent();
  await bed.pass(30_000);
  assert.deepEqual(bed.state(), ["192.0.2.1/32 6 80: 10.0.0.1=0 10.0.0.2=0"]);
  assert.equal(bed.vppEvents().at(-1), "in-step");
  assert.deepEqual(bed.vpp.step()?.differs, []);
  assert.equal(bed.altered, 0);
});

Deno.test("before anything was compared VPP is not in step, without a difference", async () => {
  await using bed = new Bed(web, { delayMs: 20 });
  assert.equal(bed.vpp.step(), undefined);
  bed.sim.start();
  bed.vpp.start();
  await bed.until(() => bed.vpp.info() !== undefined);
  const { since = 0, pendingSince, ...rest } = bed.vpp.step() ?? {};
  assert.deepEqual(rest, { inStep: false, checkedAt: 0, differs: [] });
  assert.equal(since, bed.vpp.info()?.connectedSince);
  assert.equal(pendingSince, since);
});

Deno.test("what is out of step is back in step as soon as it could be done", async () => {
  await using bed = new Bed(web);
  await bed.start();
  const relent = refuse(bed, "lb_as_set_weight");
  bed.set("paused", "b1");
  await bed.until(() => bed.vpp.step()?.inStep === false && bed.vpp.step()?.checkedAt !== 0);
  relent();
  bed.set("up", "b1");
  await bed.until(() => bed.vpp.step()?.inStep === true);
  const since = bed.vpp.step()?.since ?? 0;
  assert.ok(bed.clock.wall() - since < 10, "since now");
  await bed.pass(40_000);
  assert.equal(bed.vpp.step()?.since, since);
  assert.ok((bed.vpp.step()?.checkedAt ?? 0) > since, "looked at since");
});

Deno.test("what a full sync is refused is told, and the rest of it is done", async () => {
  await using bed = new Bed({
    backends: { ...web.backends, six: "fd00::1" },
    frontends: { ...web.frontends, other: { vip: "192.0.2.2", key: "any", pools: [{ six: 7 }] } },
  });
  bed.sim.misbehave({
    when: ({ name, fields }) => name === "lb_add_del_vip_v2" && fields.encap === 1,
    fault: { kind: "retval", retval: -73 },
  });
  bed.sim.start();
  bed.vpp.start();
  await bed.until(() => bed.vppEvents().length === 2);
  assert.deepEqual(bed.state(), [inStep]);
  const differs = "192.0.2.2/32 any 0: vip-add: VPP refused lb_add_del_vip_v2: " +
    "-73 (INVALID_ARGUMENT)";
  assert.deepEqual(bed.vppEvents(), ["connected", `out-of-step ${differs}`]);
  assert.equal(bed.log.named("vpp-reconciler-error").length, 1);
  assert.equal(sent(bed, "lb_add_del_vip_v2"), 2);
  assert.equal(sent(bed, "lb_vip_dump"), 2);
  const error = await bed.failure(bed.vpp.sync());
  assert.equal(error.message, `VPP is not in step: ${differs}`);
  assert.match((await bed.failure(bed.vpp.sync("other"))).message, /-73/);
  await bed.while(bed.vpp.sync("web"));
});

Deno.test("an operator hears of what is refused though it never was before", async () => {
  await using bed = new Bed(web);
  await bed.start();
  bed.sim.byHand.setWeight(vip, "10.0.0.1", 7);
  refuse(bed, "lb_as_set_weight");
  const dumps = sent(bed, "lb_vip_dump");
  const error = await bed.failure(bed.vpp.sync("web"));
  assert.match(
    error.message,
    /^VPP is not in step: 192\.0\.2\.1\/32 tcp 80: as-weight 10\.0\.0\.1/,
  );
  assert.equal(sent(bed, "lb_as_set_weight"), 1);
  assert.equal(sent(bed, "lb_vip_dump"), dumps + 2, "before, and once more because of it");
});

Deno.test("what a full sync does about what it was refused counts as its own", async () => {
  await using bed = new Bed(web, { delayMs: 50 });
  await bed.start();
  bed.sim.byHand.setWeight(vip, "10.0.0.1", 7);
  const sync = bed.vpp.sync();
  // Asked and answered, and the weight is on its way.
  await bed.pass(120);
  bed.sim.byHand.deleteServer(vip, "10.0.0.1");
  await bed.while(sync);
  assert.deepEqual(bed.state(), [inStep]);
  const { "duration-ms": duration, ...counts } = bed.log.named("vpp-lbsync-done").at(-1) ?? {};
  assert.deepEqual(counts, {
    ...{ scope: "all", vip_added: 0, vip_removed: 0 },
    ...{ as_added: 1, as_removed: 0, as_weight_updated: 0, refused: 1 },
  });
  assert.ok(Number(duration) >= 300, "three times there and back");
});

Deno.test("a sync that a reload overtakes is over when VPP holds what was loaded", async () => {
  const dns = { vip: "192.0.2.2", key: "any", pools: [{ b1: 7 }] };
  await using bed = new Bed({ ...web, frontends: { ...web.frontends, dns } }, { delayMs: 50 });
  await bed.start();
  bed.sim.byHand.setWeight(vip, "10.0.0.1", 7);
  const sync = bed.vpp.sync();
  // Asked and answered, and the weight is on its way.
  await bed.pass(120);
  await bed.reload(web);
  await bed.while(sync);
  assert.deepEqual(bed.state(), [inStep]);
  const full = bed.log.named("vpp-lbsync-done").filter(({ scope }) => scope === "all").slice(1);
  assert.deepEqual(full.map(({ superseded }) => superseded), [true, undefined]);
});

Deno.test("a plan tells which settings differ, and the log how they were set", async () => {
  await using bed = new Bed(web);
  bed.sim.start();
  refuse(bed, "lb_conf", -70);
  bed.vpp.start();
  await bed.until(() => bed.vpp.step()?.differs.length === 1);
  const change = "ipv4-src-address unset -> 203.0.113.254, ipv6-src-address unset -> " +
    "2001:db8:ffff::1, sticky-buckets-per-core 1024 -> 65536";
  assert.deepEqual((await bed.while(bed.vpp.plan())).changes, [{
    ...{ kind: "conf-set", prefix: "", protocol: "", port: 0, address: "", frontend: "" },
    detail: change,
  }]);
  const attributes = {
    change,
    "ipv4-src-address": "203.0.113.254",
    "ipv6-src-address": "2001:db8:ffff::1",
    "sticky-buckets-per-core": 65_536,
    "flow-timeout": "40s",
  };
  const err = "VPP refused lb_conf: -70 (INVALID_MEMORY_SIZE)";
  assert.deepEqual(bed.log.named("vpp-lb-conf-set-failed"), [{ ...attributes, err }]);
  assert.deepEqual(bed.vpp.step()?.differs, [`global settings: ${change}: ${err}`]);
  const one = (await bed.while(bed.vpp.plan("web"))).changes;
  assert.deepEqual(one.map(({ kind }) => kind), ["conf-set"], "a sync of one sets them as well");
  bed.sim.behave();
  await bed.while(bed.vpp.sync("web"));
  assert.deepEqual(bed.log.named("vpp-lb-conf-set"), [attributes]);
  assert.deepEqual((await bed.while(bed.vpp.plan())).changes, []);
});

Deno.test("settings that VPP refuses are out of step as well", async () => {
  await using bed = new Bed(web);
  const relent = refuse(bed, "lb_conf", -70);
  bed.sim.start();
  bed.vpp.start();
  await bed.becomes(inStep);
  await bed.pass(100);
  assert.match(bed.vppEvents()[1] ?? "", /^out-of-step global settings: ipv4-src-address .*-70/);
  assert.equal(bed.log.named("vpp-lb-conf-set-failed").length, 1);
  relent();
  await bed.pass(30_000);
  assert.equal(bed.vppEvents().at(-1), "in-step");
});

Deno.test("who waits for a frontend that a reload takes away hears nothing of the settings", async () => {
  const dns = { vip: "192.0.2.2", key: "udp 53", pools: [{ b1: 7 }] };
  await using bed = new Bed({ ...web, frontends: { ...web.frontends, dns } }, { delayMs: 50 });
  refuse(bed, "lb_conf", -70);
  bed.sim.start();
  bed.vpp.start();
  await bed.until(() => bed.vpp.step()?.differs.length === 1);
  const sync = bed.vpp.sync("dns");
  await bed.pass(10);
  await bed.reload(web);
  await bed.while(sync);
  assert.equal(bed.vpp.step()?.inStep, false);
});

Deno.test("a frontend whose way is blocked is out of step until a full sync", async () => {
  await using bed = new Bed(web);
  await bed.start();
  bed.sim.byHand.deleteVip(vip);
  bed.sim.byHand.addVip({ prefix: "192.0.2.1/32", protocol: 255, port: 0, encap: "gre4" });
  const error = await bed.failure(bed.vpp.sync("web"));
  const reason = "another VIP of the address is in its way, which only a full sync may remove";
  assert.equal(error.message, `VPP is not in step: 192.0.2.1/32: frontend web: ${reason}`);
  assert.deepEqual(bed.log.named("vpp-lbsync-blocked"), [{
    frontend: "web",
    vip: "192.0.2.1/32",
    reason,
  }]);
  assert.equal(bed.vpp.step()?.inStep, false);
  await bed.pass(30_500);
  assert.deepEqual(bed.state(), [inStep]);
  assert.equal(bed.vpp.step()?.inStep, true);
});

Deno.test("what waits for the full sync of a reload is not out of step", async () => {
  await using bed = new Bed(web);
  await bed.start();
  await bed.reload({
    ...web,
    frontends: { all: { vip: "192.0.2.1", key: "any", pools: [{ b1: 100, b2: 50 }] } },
  });
  await bed.becomes("192.0.2.1/32 255 0: 10.0.0.1=100 10.0.0.2=50");
  await bed.pass(100);
  assert.equal(bed.log.named("vpp-lbsync-blocked").length, 1);
  assert.deepEqual(bed.vppEvents(), ["connected", "in-step"]);
});

function iso(time: number | undefined): string {
  return new Date(time ?? NaN).toISOString();
}
