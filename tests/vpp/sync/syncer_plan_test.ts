/** Plans, and operators who wait for a sync. */

import assert from "node:assert/strict";
import { Bed } from "../support/bed.ts";
import { inStep, ports, refuse, vip, web } from "../support/sync.ts";
import { configOf, type ConfigWish } from "../support/wishes.ts";

Deno.test("a plan says what a sync would do, line by line", async () => {
  await using bed = new Bed(web);
  await bed.start();
  bed.sim.byHand.setWeight(vip, "10.0.0.1", 7);
  bed.sim.byHand.addVip({ prefix: "203.0.113.0/24", protocol: 255, port: 0, encap: "gre4" });
  const lines = (await bed.while(bed.vpp.plan())).changes.map((change) =>
    `${change.kind} ${change.prefix} ${change.protocol} ${change.port} ${change.address} ` +
    `(${change.detail}) ${change.frontend}`
  );
  assert.deepEqual(lines, [
    "as-weight 192.0.2.1/32 tcp 80 10.0.0.1 (weight 7 -> 100) web",
    "vip-del 203.0.113.0/24 any 0  (no frontend asks for it) ",
  ]);
  assert.equal((await bed.while(bed.vpp.plan("web"))).changes.length, 1);
  await assert.rejects(bed.vpp.plan("nobody"), { kind: "not-found" });
  await assert.rejects(bed.vpp.sync("nobody"), { kind: "not-found" });
  await bed.while(bed.vpp.sync("web"));
  assert.deepEqual((await bed.while(bed.vpp.plan())).changes.map(({ kind }) => kind), ["vip-del"]);
  await bed.while(bed.vpp.sync());
  assert.deepEqual((await bed.while(bed.vpp.plan())).changes, []);
});

Deno.test("a plan says how many of each VIP's new flows go elsewhere, as VPP's tables then say", async () => {
  const wish: ConfigWish = {
    ...web,
    frontends: { ...web.frontends, dns: { vip: "192.0.2.2", key: "any", pools: [{ b1: 7 }] } },
  };
  await using bed = new Bed(wish);
  await bed.start();
  assert.deepEqual((await bed.while(bed.vpp.plan())).moves, []);
  const buckets = async () => {
    const { vips } = await bed.while(bed.vpp.state());
    return vips[0]?.servers.map((server) => server.buckets) ?? [];
  };
  const [first = 0, second = 0] = await buckets();
  assert.equal(first + second, 1024);
  bed.sim.byHand.setWeight(vip, "10.0.0.1", 0);
  const { changes, moves } = await bed.while(bed.vpp.plan());
  assert.equal(changes.length, 1);
  // All that the other one has for it now come back.
  assert.deepEqual(moves, [{
    ...{ prefix: "192.0.2.1/32", protocol: "tcp", port: 80, frontend: "web" },
    share: first / 1024,
  }]);
  assert.deepEqual((await bed.while(bed.vpp.plan("dns"))).moves, []);
  assert.deepEqual((await bed.while(bed.vpp.plan("web"))).moves, moves);
  await bed.while(bed.vpp.sync());
  assert.deepEqual(await buckets(), [first, second]);
});

Deno.test("what a reload will tell VPP is foreseen, and nothing of it is told", async () => {
  await using bed = new Bed(web);
  await bed.start();
  const next: ConfigWish = {
    ...web,
    frontends: {
      web: { vip: "192.0.2.1", key: "tcp 80", pools: [{ b1: 100, b2: 20 }] },
      dns: { vip: "192.0.2.2", key: "any", pools: [{ b1: 7 }] },
    },
  };
  const { desired } = await bed.while(bed.checker.foreseeReload(configOf(next)));
  const { changes, moves } = await bed.while(bed.vpp.foresee(desired));
  assert.deepEqual(changes.map(({ kind, address, detail }) => `${kind} ${address} ${detail}`), [
    "as-weight 10.0.0.2 weight 50 -> 20",
    "vip-add  encap gre4, 1024 buckets",
    "as-add 10.0.0.1 weight 7",
  ]);
  assert.deepEqual(moves.map(({ frontend }) => frontend), ["web"]);
  assert.deepEqual((await bed.while(bed.vpp.plan())).changes, []);
  const synced = bed.synced.length;
  await bed.reload(next);
  await bed.while(bed.vpp.sync());
  assert.deepEqual(bed.synced.slice(synced).map((line) => line.split(" ")[1]).sort(), [
    "as_added",
    "as_weight_updated",
    "vip_added",
  ]);
  assert.deepEqual((await bed.while(bed.vpp.foresee(desired))).changes, []);
});

Deno.test("a plan shows the VIP that is added when one is made anew, and tables that stay", async () => {
  await using bed = new Bed({
    ...web,
    frontends: { ...web.frontends, dns: { vip: "192.0.2.2", key: "any", pools: [{ b1: 7 }] } },
  });
  await bed.start();
  // Planned with a reload that VPP has not been told of yet.
  bed.sim.hang();
  await bed.reload({
    ...web,
    frontends: {
      web: { vip: "192.0.2.1", key: "tcp 80", sticky: true, pools: [{ b1: 100, b2: 50 }] },
      dns: { vip: "192.0.2.2", key: "any", pools: [{ b1: 7 }] },
    },
    lb: { buckets: 4096 },
  });
  bed.sim.resume();
  refuse(bed, "lb_add_del_as_v2");
  refuse(bed, "lb_add_del_vip_v2");
  const plan = (await bed.while(bed.vpp.plan())).changes;
  assert.deepEqual(plan.map(({ kind, address, detail }) => `${kind} ${address} ${detail}`), [
    "as-del 10.0.0.1 flush",
    "as-del 10.0.0.2 flush",
    "vip-recreate  src-ip-sticky false -> true",
    "vip-add  encap gre4, 4096 buckets, src-ip-sticky",
    "as-add 10.0.0.1 weight 100",
    "as-add 10.0.0.2 weight 50",
    "vip-kept  keeps its 1024 buckets until it is made anew, vpp.lb.buckets is 4096",
  ]);
  const one = (await bed.while(bed.vpp.plan("dns"))).changes;
  assert.deepEqual(one.map(({ kind, frontend }) => [kind, frontend]), [["vip-kept", "dns"]]);
  bed.sim.behave();
  await bed.while(bed.vpp.sync());
  const { vips } = await bed.while(bed.vpp.state());
  assert.deepEqual(vips.map(({ flowTableLength }) => flowTableLength), [4096, 1024]);
});

Deno.test("the plan of one frontend shows what the others of its address go through", async () => {
  await using bed = new Bed(ports("10.0.0.1"));
  await bed.start();
  refuse(bed, "lb_add_del_as_v2");
  refuse(bed, "lb_add_del_vip_v2");
  await bed.reload(ports("fd00::5"));
  await bed.pass(1_000);
  const plan = (await bed.while(bed.vpp.plan("a"))).changes;
  assert.deepEqual(
    plan.map(({ kind, port, address, frontend }) => `${kind} ${port} ${address} ${frontend}`),
    [
      ...["as-del 80 10.0.0.1 a", "vip-recreate 80  a"],
      ...["as-del 443 10.0.0.1 b", "vip-recreate 443  b"],
      ...["vip-add 80  a", "as-add 80 fd00::5 a"],
      ...["vip-add 443  b", "as-add 443 fd00::5 b"],
    ],
  );
});

Deno.test("tables beyond 16 bits are told apart", async () => {
  await using bed = new Bed({ ...web, lb: { buckets: 2 ** 20 } });
  await bed.start();
  const { vips } = await bed.while(bed.vpp.state());
  assert.deepEqual(vips.map(({ flowTableLength }) => flowTableLength), [2 ** 20]);
  assert.deepEqual((await bed.while(bed.vpp.plan())).changes, []);
  await bed.pass(31_000);
  assert.equal(bed.altered, 0);
});

Deno.test("a sync that an operator waits for is over when the connection is", async () => {
  await using bed = new Bed(web, { delayMs: 50 });
  await bed.start();
  const syncs = [bed.vpp.sync(), bed.vpp.sync("web")];
  const failures = Promise.all(syncs.map((sync) => bed.failure(sync)));
  bed.sim.kill();
  for (const { message } of await failures) {
    assert.match(message, /^VPP (did not answer: the connection to VPP broke|was disconnected): /);
  }
  assert.equal((await bed.failure(bed.vpp.sync())).message, "VPP is not connected");
  assert.equal((await bed.failure(bed.vpp.state())).message, "VPP is not connected");
});

Deno.test("syncs that wait behind another are over with the connection as well", async () => {
  await using bed = new Bed(web, { delayMs: 50 });
  await bed.start();
  const first = bed.failure(bed.vpp.sync());
  await bed.pass(10);
  const behind = ["web", undefined].map((what) => bed.failure(bed.vpp.sync(what)));
  bed.sim.kill();
  await first;
  for (const { message } of await Promise.all(behind)) {
    assert.match(message, /^VPP was disconnected: /);
  }
});

Deno.test("a sync waits no longer than its caller does, and is done all the same", async () => {
  await using bed = new Bed(web, { delayMs: 50 });
  await bed.start();
  bed.sim.byHand.setWeight(vip, "10.0.0.2", 99);
  const abort = new AbortController();
  const sync = bed.failure(bed.vpp.sync(undefined, abort.signal));
  abort.abort(new Error("the client has gone"));
  assert.equal((await sync).message, "VPP did not answer: the client has gone");
  await bed.becomes(inStep);
});
