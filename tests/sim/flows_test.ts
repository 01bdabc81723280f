import assert from "node:assert/strict";
import type { SimulatedVpp } from "../../lib/sim/mod.ts";
import { lbConf } from "../../lib/gen/vpp.ts";
import { ip } from "../support/ip.ts";
import { Client } from "./support/client.ts";
import { withVpp } from "./support/with_vpp.ts";

const vip = { prefix: "192.0.2.1/32", protocol: 6, port: 80 };
const [a, b] = ["10.0.0.1", "10.0.0.2"];

function prepare(vpp: SimulatedVpp): void {
  vpp.byHand.addVip({ ...vip, encap: "gre4" });
  vpp.byHand.addServer(vip, a);
  vpp.byHand.addServer(vip, b);
  vpp.traffic({ vip, flows: 100, packets: 2 });
}

function flows(vpp: SimulatedVpp): Record<string, number> {
  const servers = vpp.state()[0]?.servers ?? [];
  return Object.fromEntries(servers.map((server) => [server.address, server.flows]));
}

Deno.test("each flow is one reference to a server", async () => {
  await withVpp((bench) => {
    prepare(bench.vpp);
    const { [a]: first = 0, [b]: second = 0 } = flows(bench.vpp);
    assert.equal(first + second, 100);
    assert.ok(first > 20 && second > 20);
    return Promise.resolve();
  });
});

Deno.test("weight 0 without a flush keeps flows, with one they move", async () => {
  await withVpp(({ vpp }) => {
    prepare(vpp);
    const before = flows(vpp);
    vpp.byHand.setWeight(vip, a, 0);
    vpp.traffic({ vip, flows: 100, packets: 1 });
    assert.deepEqual(flows(vpp), before);
    vpp.byHand.setWeight(vip, a, 0, true);
    assert.equal(flows(vpp)[a], 0);
    vpp.traffic({ vip, flows: 100, packets: 1 });
    assert.equal(flows(vpp)[a], 0);
    assert.ok((flows(vpp)[b] ?? 0) > (before[b] ?? 0));
    return Promise.resolve();
  });
});

Deno.test("a server deleted without a flush is never collected while flows point to it", async () => {
  await withVpp(({ vpp, clock }) => {
    prepare(vpp);
    vpp.byHand.deleteServer(vip, a);
    clock.advance(600_000);
    assert.deepEqual(vpp.state()[0]?.servers.map(({ address, used }) => [address, used]), [
      [a, false],
      [b, true],
    ]);
    return Promise.resolve();
  });
});

Deno.test("a server deleted with a flush is collected", async () => {
  await withVpp(({ vpp, clock }) => {
    prepare(vpp);
    vpp.byHand.deleteServer(vip, a, true);
    clock.advance(60_000);
    assert.deepEqual(vpp.state()[0]?.servers.map(({ address }) => address), [b]);
    return Promise.resolve();
  });
});

Deno.test("flows end after the timeout and then follow the table", async () => {
  await withVpp(({ vpp, clock }) => {
    prepare(vpp);
    vpp.byHand.setWeight(vip, a, 0);
    clock.advance(41_000);
    vpp.traffic({ vip, flows: 100, packets: 1 });
    assert.deepEqual(flows(vpp), { [a]: 0, [b]: 100 });
    return Promise.resolve();
  });
});

for (const buckets of [0, 2 ** 26]) {
  Deno.test(`${buckets} sticky buckets kill VPP at the next packet`, async () => {
    await withVpp(async ({ vpp, apiPath }) => {
      prepare(vpp);
      using client = await Client.connect(apiPath);
      const reply = await client.request(lbConf, {
        ip4_src_address: ip("0.0.0.0"),
        ip6_src_address: ip("::"),
        sticky_buckets_per_core: buckets,
        flow_timeout: 40,
      });
      assert.equal(reply.retval, 0);
      assert.equal(vpp.running, true);
      vpp.traffic({ vip, flows: 1, packets: 1 });
      assert.equal(vpp.running, false);
      assert.equal(await client.receive(), undefined);
      vpp.start();
    });
  });
}
