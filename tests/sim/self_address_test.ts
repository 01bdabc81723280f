import assert from "node:assert/strict";
import type { NewVip, SimulatedVpp } from "../../lib/sim/mod.ts";
import { controlPing } from "../../lib/gen/vpp.ts";
import { Client } from "./support/client.ts";
import { openSegment, SegmentReader } from "./support/segment_reader.ts";
import { withVpp } from "./support/with_vpp.ts";

const allPorts = (prefix: string): NewVip => ({ prefix, protocol: 255, port: 0, encap: "gre4" });
const http = (prefix: string): NewVip => ({ prefix, protocol: 6, port: 80, encap: "gre4" });

/** VIPs, each with its servers. */
function add(vpp: SimulatedVpp, vips: readonly (readonly [NewVip, ...string[]])[]): void {
  for (const [vip] of vips) assert.equal(vpp.byHand.addVip(vip), 0);
  for (const [vip, ...servers] of vips) {
    for (const server of servers) assert.equal(vpp.byHand.addServer(vip, server), 0);
  }
}

const lethal: readonly (readonly [string, readonly (readonly [NewVip, ...string[]])[]])[] = [
  ["its own address", [[allPorts("192.0.2.1/32"), "192.0.2.1"]]],
  ["the address of another VIP", [
    [http("192.0.2.1/32"), "192.0.2.2"],
    [allPorts("192.0.2.2/32"), "10.0.0.1"],
  ]],
  ["each other's address", [
    [allPorts("192.0.2.1/32"), "192.0.2.2"],
    [allPorts("192.0.2.2/32"), "192.0.2.1"],
  ]],
  ["each other's address in a circle of three", [
    [allPorts("192.0.2.1/32"), "192.0.2.2"],
    [allPorts("192.0.2.2/32"), "192.0.2.3"],
    [allPorts("192.0.2.3/32"), "192.0.2.1"],
  ]],
  ["an address within its own prefix", [[allPorts("192.0.2.0/24"), "192.0.2.77"]]],
  ["its own address, over IPv6", [
    [{ ...allPorts("2001:db8::1/128"), encap: "gre6" }, "2001:db8::1"],
  ]],
];

for (const [what, vips] of lethal) {
  Deno.test(`an all-port VIP with a server at ${what} kills VPP at the first packet`, async () => {
    await withVpp(async ({ vpp, apiPath }) => {
      using client = await Client.connect(apiPath);
      for (let round = 0; round < 2; round++) {
        add(vpp, vips);
        assert.equal(vpp.running, true, "programming it does no harm");
        const [[vip] = []] = vips;
        assert.ok(vip);
        vpp.traffic({ vip, flows: 1, packets: 1 });
        assert.equal(vpp.running, false);
        vpp.start();
      }
      const deaths = vpp.journal.entries.filter(({ kind }) => kind === "died");
      assert.equal(deaths.length, 2, "it dies again once it is programmed again");
      assert.match(JSON.stringify(deaths[0]), /which is an all-port VIP's address/);
      assert.equal(await client.receive(), undefined);
    });
  });
}

Deno.test("with a port only the share of the server at a VIP's address is dropped", async () => {
  await withVpp(async ({ vpp, statsPath }) => {
    const vip = http("192.0.2.1/32");
    add(vpp, [[vip, "10.0.0.1", "192.0.2.1"], [http("192.0.2.2/32"), "192.0.2.1"]]);
    vpp.traffic({ vip, flows: 100, packets: 1 });
    assert.equal(vpp.running, true);
    using mapping = await openSegment(statsPath);
    const segment = new SegmentReader(mapping.buffer);
    const [[, first] = []] = segment.simple("first session packet");
    assert.equal(first, 100n, "the VIP has balanced all of them");
    const [server, itself] = vpp.state()[0]?.servers ?? [];
    assert.deepEqual([server?.address, itself?.address], ["10.0.0.1", "192.0.2.1"]);
    const lost = BigInt(itself?.flows ?? 0);
    assert.ok(lost > 20n && lost < 80n);
    const hidden = ["no server configured", "untracked packet"].map((name) =>
      segment.simple(name)[0]?.[0] ?? 0n
    );
    assert.equal(hidden.reduce((sum, count) => sum + count), lost, "dropped by the hidden VIP");
  });
});

Deno.test("once that server, or the VIP at its address, is gone all is well", async () => {
  await withVpp(async ({ vpp, apiPath }) => {
    const [first, second] = [allPorts("192.0.2.1/32"), allPorts("192.0.2.2/32")];
    add(vpp, [[first, "192.0.2.2"], [second, "10.0.0.1"]]);
    vpp.byHand.deleteVip(second);
    vpp.traffic({ vip: first, flows: 5, packets: 2 });
    assert.equal(vpp.running, true);
    vpp.byHand.addVip(second);
    vpp.byHand.deleteServer(first, "192.0.2.2", true);
    vpp.byHand.addServer(first, "10.0.0.2");
    vpp.traffic({ vip: first, flows: 5, packets: 2 });
    assert.equal(vpp.running, true);
    using client = await Client.connect(apiPath);
    await client.request(controlPing, {});
  });
});
