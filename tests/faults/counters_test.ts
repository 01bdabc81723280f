import assert from "node:assert/strict";
import { Bench } from "./support/bench.ts";
import { smallSite } from "./support/site.ts";

const web = { prefix: "192.0.2.1/32", protocol: 6, port: 80 };
const dns = { prefix: "2001:db8::53/128", protocol: 6, port: 53 };

/** What was counted for one VIP, without its name. */
function vipOf(bench: Bench, prefix: string, port: number) {
  const found = bench.service.counters()?.vips
    .find((vip) => vip.prefix === prefix && vip.port === port);
  assert.ok(found, `no counters of ${prefix} ${port}`);
  const { next, first, untracked, noServer } = found;
  return { next, first, untracked, noServer };
}

/** A VIP's place in VPP's pool. */
function indexOf(bench: Bench, prefix: string, port: number): number | undefined {
  return bench.vpp.state().find((vip) => vip.prefix === prefix && vip.port === port)?.index;
}

/** What was counted for all ports of a prefix. */
function addressOf(bench: Bench, prefix: string) {
  const addresses = bench.service.counters()?.addresses ?? [];
  const found = addresses.filter((address) => address.prefix === prefix);
  assert.equal(found.length, 1, `${prefix} is there once`);
  return { packets: found[0]?.packets, bytes: found[0]?.bytes };
}

for (const workers of [0, 2]) {
  Deno.test(`traffic on ${workers} workers is counted per VIP and per server`, async () => {
    await using bench = new Bench({ vpp: { workers } });
    await bench.begin();
    bench.vpp.traffic({ vip: web, flows: 90, packets: 10, thread: workers });
    bench.vpp.traffic({ vip: { ...web, port: 443 }, flows: 10, packets: 10, bytes: 1000 });
    bench.vpp.traffic({ vip: dns, flows: 12, packets: 10 });
    await bench.pass(10_000);
    const rest = { untracked: 0, noServer: 0 };
    assert.deepEqual(vipOf(bench, web.prefix, 80), { next: 810, first: 90, ...rest });
    assert.deepEqual(vipOf(bench, web.prefix, 443), { next: 90, first: 10, ...rest });
    assert.deepEqual(vipOf(bench, dns.prefix, 53), { next: 108, first: 12, ...rest });
    assert.deepEqual(addressOf(bench, web.prefix), { packets: 1000, bytes: 190_000 });
    assert.deepEqual(addressOf(bench, dns.prefix), { packets: 120, bytes: 12_000 });
    const servers = bench.service.counters()?.servers ?? [];
    const sum = (addresses: readonly string[]) => {
      const chosen = servers.filter((server) => addresses.includes(server.address));
      const total = (key: "packets" | "bytes") =>
        chosen.reduce((count, server) => count + server[key], 0);
      return [total("packets"), total("bytes")];
    };
    assert.deepEqual(sum(["10.1.0.1", "10.1.0.2"]), [1000, 900 * 124 + 100 * 1024]);
    assert.deepEqual(sum(["fd00:1::1", "fd00:1::2"]), [120, 120 * 144]);
  });
}

Deno.test("counters survive vectors that grow and a layout that is being changed", async () => {
  await using bench = new Bench();
  await bench.begin();
  bench.vpp.traffic({ vip: web, flows: 1, packets: 7 });
  await bench.pass(6_000);
  const end = bench.vpp.beginStatsChange();
  bench.vpp.traffic({ vip: web, flows: 1, packets: 3 });
  await bench.pass(6_000);
  assert.equal(vipOf(bench, web.prefix, 80).next, 6, "the last good reading stays");
  end();
  for (let i = 1; i <= 200; i++) {
    bench.vpp.byHand.addVip({ prefix: `203.0.113.${i}/32`, protocol: 6, port: 80, encap: "gre4" });
  }
  await bench.pass(6_000);
  assert.equal(vipOf(bench, web.prefix, 80).next, 9);
  await bench.pass(31_000);
  await bench.inStep();
});

Deno.test("after a restart of VPP counters begin at 0 again", async () => {
  await using bench = new Bench();
  await bench.begin();
  bench.vpp.traffic({ vip: web, flows: 10, packets: 10 });
  await bench.pass(6_000);
  assert.equal(vipOf(bench, web.prefix, 80).first, 10);
  bench.vpp.kill();
  await bench.until("VPP is gone", () => !bench.connected);
  assert.equal(bench.service.counters(), undefined);
  bench.vpp.start();
  await bench.inStep();
  await bench.pass(6_000);
  assert.equal(vipOf(bench, web.prefix, 80).first, 0);
});

Deno.test("a VIP that gets the slot of another one has counters of its own", async () => {
  await using bench = new Bench();
  await bench.begin();
  bench.vpp.traffic({ vip: web, flows: 10, packets: 10 });
  const slot = indexOf(bench, web.prefix, 80);
  const { web: old, ...others } = smallSite.frontends;
  assert.ok(old);
  await bench.reload({ ...smallSite, frontends: others });
  await bench.pass(130_000);
  const moved = { ...old, address: "192.0.2.77" };
  await bench.reload({ ...smallSite, frontends: { ...others, moved } });
  await bench.inStep();
  await bench.pass(40_000);
  assert.equal(indexOf(bench, "192.0.2.77/32", 80), slot);
  assert.equal(vipOf(bench, "192.0.2.77/32", 80).first, 0);
  const vip = { prefix: "192.0.2.77/32", protocol: 6, port: 80 };
  bench.vpp.traffic({ vip, flows: 4, packets: 2 });
  await bench.pass(6_000);
  const counted = { next: 4, first: 4, untracked: 0, noServer: 0 };
  assert.deepEqual(vipOf(bench, "192.0.2.77/32", 80), counted);
  assert.deepEqual(addressOf(bench, "192.0.2.77/32"), { packets: 8, bytes: 800 });
});

Deno.test("VIPs and servers that reloads add are counted at the next reading", async () => {
  await using bench = new Bench();
  await bench.begin();
  bench.health("c", false);
  await bench.until("c is down", () => bench.checker.backend("c")?.state === "down");
  let site = smallSite;
  for (let i = 1; i <= 12; i++) {
    const [name, address, server] = [`more${i}`, `192.0.2.${100 + i}`, `10.2.0.${i}`];
    const vip = { prefix: `${address}/32`, protocol: 6 };
    site = {
      backends: { ...site.backends, [name]: server },
      frontends: {
        ...site.frontends,
        [name]: { address, port: 80, pools: [{ [name]: 100 }] },
        [`empty${i}`]: { address, port: 81, pools: [{ c: 100 }] },
      },
    };
    await bench.reload(site);
    await bench.until("it is served", () => bench.checker.backend(name)?.state === "up");
    await bench.inStep();
    bench.vpp.traffic({ vip: { ...vip, port: 80 }, flows: 10, packets: 100 });
    bench.vpp.traffic({ vip: { ...vip, port: 81 }, flows: 8, packets: 8 });
    await bench.pass(6_000);
    const reload = `after reload ${i}`;
    assert.deepEqual(addressOf(bench, vip.prefix), { packets: 1064, bytes: 106_400 }, reload);
    const served = { next: 990, first: 10, untracked: 0, noServer: 0 };
    assert.deepEqual(vipOf(bench, vip.prefix, 80), served, reload);
    const { noServer, untracked, ...flows } = vipOf(bench, vip.prefix, 81);
    assert.deepEqual(flows, { next: 0, first: 0 }, reload);
    // A flow without a server takes the four entries of its bucket, then it is untracked; flows
    // that share a bucket run out sooner.
    assert.deepEqual([noServer + untracked, noServer > 20], [64, true], reload);
    const servers = bench.service.counters()?.servers ?? [];
    const counted = servers.find((each) => each.address === server);
    assert.deepEqual(counted, { address: server, packets: 1000, bytes: 124_000 }, reload);
  }
});
