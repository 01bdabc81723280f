import assert from "node:assert/strict";
import type { SimulatedVpp } from "../../lib/sim/mod.ts";
import { Client } from "./support/client.ts";
import { withVpp } from "./support/with_vpp.ts";

/** The recorded VPP had seen packets whose flows nobody wrote down. */
function withoutTraffic(text: string): string {
  return text
    .replace(/flows:\d+/g, "flows:0")
    .replace(/(packet from existing sessions|first session packet): \d+/g, "$1: 0");
}

async function recorded(name: string): Promise<string> {
  const path = `../vppclient/data/cli/inband-${name}.txt`;
  return await Deno.readTextFile(new URL(path, import.meta.url));
}

/** Brings VPP into the state in which the texts were recorded, as its route indices tell it. */
function rebuild(vpp: SimulatedVpp): void {
  const { byHand } = vpp;
  const tcp = (prefix: string, port = 80) => ({ prefix, protocol: 6, port });
  const udp = (prefix: string, port: number) => ({ prefix, protocol: 17, port });
  const all = (prefix: string) => ({ prefix, protocol: 255, port: 0 });
  byHand.addVip({ ...tcp("192.0.2.1/32"), encap: "gre4" });
  byHand.addServer(tcp("192.0.2.1/32"), "10.1.0.2");
  byHand.addServer(tcp("192.0.2.1/32"), "10.1.0.1");
  byHand.addVip({ ...tcp("2001:db8::80/128", 443), encap: "gre6" });
  byHand.addServer(tcp("2001:db8::80/128", 443), "fd00:1::2");
  byHand.addServer(tcp("2001:db8::80/128", 443), "fd00:1::1");
  byHand.addVip({ ...tcp("192.0.2.2/32"), encap: "gre4", sticky: true });
  byHand.addServer(tcp("192.0.2.2/32"), "10.1.0.1");
  byHand.addVip({ ...all("192.0.2.3/32"), encap: "gre4" });
  byHand.addServer(all("192.0.2.3/32"), "10.1.0.1");
  byHand.addVip({ ...all("198.51.100.0/24"), encap: "gre4" });
  byHand.addServer(all("198.51.100.0/24"), "10.1.0.9");
  byHand.addVip({ ...udp("192.0.2.4/32", 53), encap: "gre6" });
  byHand.addServer(udp("192.0.2.4/32", 53), "fd00:1::53");
  byHand.addVip({ ...tcp("192.0.2.5/32"), encap: "gre4", tableLength: 256 });
  byHand.addServer(tcp("192.0.2.5/32"), "10.1.0.1", 0);
  byHand.addServer(tcp("192.0.2.5/32"), "10.1.0.2", 50);
  byHand.addServer(tcp("192.0.2.5/32"), "10.1.0.3", 100);
  byHand.addVip({ ...tcp("192.0.2.6/32"), encap: "l3dsr", dscp: 10 });
  byHand.addServer(tcp("192.0.2.6/32"), "10.1.0.1");
  byHand.addVip({ ...udp("192.0.2.7/32", 3306), encap: "nat4", targetPort: 3307 });
  byHand.addServer(udp("192.0.2.7/32", 3306), "10.1.0.1");
  byHand.addVip({ ...udp("2001:db8::90/128", 3306), encap: "nat6", targetPort: 3307 });
  byHand.addServer(udp("2001:db8::90/128", 3306), "fd00:1::1");
  byHand.addVip({ ...tcp("2001:db8::91/128"), encap: "gre4" });
  byHand.addServer(tcp("2001:db8::91/128"), "10.1.0.5");
  byHand.deleteServer(tcp("192.0.2.1/32"), "10.1.0.2");
  byHand.deleteVip(tcp("192.0.2.5/32"));
}

for (const command of ["show lb vips verbose", "show lb vips"]) {
  Deno.test(`"${command}" prints what VPP printed`, async () => {
    await withVpp(async ({ vpp, apiPath }) => {
      rebuild(vpp);
      using client = await Client.connect(apiPath);
      const { retval, reply } = await client.cli(command);
      assert.equal(retval, 0);
      assert.equal(reply, withoutTraffic(await recorded(command.replaceAll(" ", "-"))));
    });
  });
}

Deno.test('"show lb" prints what VPP printed, with a flow table once a packet has come', async () => {
  await withVpp(async ({ vpp, apiPath }) => {
    rebuild(vpp);
    using client = await Client.connect(apiPath);
    const text = await recorded("show-lb");
    const addresses = /ip4-src-address: \S+ \n ip6-src-address: \S+ \n/;
    const before = (await client.cli("show lb")).reply;
    assert.equal(before.replace(addresses, ""), text.replace(addresses, "").replace(/core.*/s, ""));
    const vip = { prefix: "192.0.2.1/32", protocol: 6, port: 80 };
    vpp.traffic({ vip, flows: 261, packets: 2 });
    const after = (await client.cli("show lb")).reply;
    assert.equal(after.replace(addresses, ""), text.replace(addresses, ""));
  });
});

Deno.test('"lb as" adds, weighs and deletes servers, and complains as VPP does', async () => {
  await withVpp(async ({ vpp, apiPath }) => {
    const vip = { prefix: "192.0.2.1/32", protocol: 6, port: 80 };
    vpp.byHand.addVip({ ...vip, encap: "gre4" });
    using client = await Client.connect(apiPath);
    const lbAs = (rest: string) => client.cli(`lb as 192.0.2.1/32 protocol tcp port ${rest}`);
    const servers = () =>
      vpp.state()[0]?.servers.filter(({ used }) => used)
        .map(({ address, weight }) => `${address} ${weight}`);
    assert.deepEqual(await lbAs("80 10.0.0.1 10.0.0.2"), { retval: 0, reply: "" });
    assert.deepEqual(servers(), ["10.0.0.1 100", "10.0.0.2 100"]);
    assert.deepEqual(await lbAs("80 10.0.0.2 weight 25"), { retval: 0, reply: "" });
    assert.deepEqual(await lbAs("80 10.0.0.3 weight 25"), { retval: 0, reply: "" });
    assert.deepEqual(servers(), ["10.0.0.1 100", "10.0.0.2 25", "10.0.0.3 25"]);
    assert.deepEqual(await lbAs("80 10.0.0.1 del flush"), { retval: 0, reply: "" });
    assert.deepEqual(servers(), ["10.0.0.2 25", "10.0.0.3 25"]);
    const complaints = {
      "81 10.0.0.1 weight 25": "lb_vip_find_index error -6",
      "80 10.0.0.2": "lb_vip_add_ass error -81",
      "80 10.0.0.2 10.0.0.9 weight 25": "lb_vip_set_as_weight error -6",
      "80 10.0.0.9 del": "lb_vip_del_ass error -6",
      "80 10.0.0.2 weight 125": "weight must be between 0 and 100",
      "80 10.0.0.2 weight 1 del": "weight and del are mutually exclusive",
      "80": "No AS address provided",
      "80 hm": "parse error: 'hm'",
    };
    for (const [rest, complaint] of Object.entries(complaints)) {
      assert.deepEqual(await lbAs(rest), { retval: -1, reply: `lb as: ${complaint}\n` }, rest);
    }
    const { reply } = await client.cli("lb as nothing");
    assert.equal(reply, "lb as: invalid as address: 'nothing'\n");
    assert.deepEqual(servers(), ["10.0.0.2 25", "10.0.0.3 25"]);
  });
});
