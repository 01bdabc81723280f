import assert from "node:assert/strict";
import {
  lbAddDelAsV2,
  lbAddDelVipV2,
  lbAsSetWeight,
  lbConf,
  lbFlushVip,
} from "../../lib/gen/vpp.ts";
import { ip } from "../support/ip.ts";
import { Client } from "./support/client.ts";
import { newServer, newVip, vipFields, withVpp } from "./support/with_vpp.ts";

/** Requests by what they do; each resolves with VPP's return value. */
class Requests {
  constructor(private readonly client: Client) {}

  async vip(prefix: string, change: Parameters<typeof newVip>[1] = {}): Promise<number> {
    const fields = newVip(prefix, change);
    return (await this.client.request(lbAddDelVipV2, fields))
      .retval;
  }

  async server(
    prefix: string,
    address: string,
    change: Parameters<typeof newServer>[2] = {},
  ): Promise<number> {
    const fields = newServer(prefix, address, change);
    return (await this.client.request(lbAddDelAsV2, fields))
      .retval;
  }

  async weight(prefix: string, address: string, weight: number, port = 80): Promise<number> {
    const fields = { ...vipFields(prefix, port), as_address: ip(address) };
    return (await this.client.request(
      lbAsSetWeight,
      { ...fields, weight, is_flush: false },
    )).retval;
  }

  async flush(prefix: string): Promise<number> {
    return (await this.client.request(
      lbFlushVip,
      vipFields(prefix),
    )).retval;
  }

  async buckets(sticky_buckets_per_core: number): Promise<number> {
    return (await this.client.request(lbConf, {
      ip4_src_address: ip("0.0.0.0"),
      ip6_src_address: ip("::"),
      sticky_buckets_per_core,
      flow_timeout: 40,
    })).retval;
  }
}

const [vip, other, vip6] = ["192.0.2.1/32", "192.0.2.2/32", "2001:db8::1/128"];
const [a, b] = ["10.0.0.1", "10.0.0.2"];
const del = { is_del: true };

/**
 * Every row of "Return values" in docs/vpp.md. Before each of them `vip` has port 80 with gre4 and
 * the server `a` of weight 50; `other` takes all ports.
 */
const rows: readonly (readonly [string, number, (ask: Requests) => Promise<number>])[] = [
  ["the same VIP again", -81, (ask) => ask.vip(vip)],
  ["the same VIP again with another encap", -81, (ask) => ask.vip(vip, { encap: 1 })],
  ["all ports beside a port", -81, (ask) => ask.vip(vip, { port: 0 })],
  ["a port beside all ports", -81, (ask) => ask.vip(other, { port: 443 })],
  ["all ports again", -81, (ask) => ask.vip(other, { port: 0, protocol: 17 })],
  ["a second port with another encap", -73, (ask) => ask.vip(vip, { port: 443, encap: 1 })],
  ["the same port of another protocol", 0, (ask) => ask.vip(vip, { protocol: 17 })],
  ["a second port with the same encap", 0, (ask) => ask.vip(vip, { port: 443 })],
  ["deleting a VIP that is not there", -6, (ask) => ask.vip("192.0.2.9/32", del)],
  ["deleting another port", -6, (ask) => ask.vip(vip, { ...del, port: 81 })],
  ["deleting a VIP with servers", 0, (ask) => ask.vip(vip, del)],
  ["deleting a server that is not there", -6, (ask) => ask.server(vip, b, del)],
  ["adding a server to no VIP", -6, (ask) => ask.server("192.0.2.9/32", a)],
  ["deleting a server of no VIP", -6, (ask) => ask.server("192.0.2.9/32", a, del)],
  ["a weight for a server of no VIP", -6, (ask) => ask.weight("192.0.2.9/32", a, 1)],
  ["a weight for a server that is not there", -6, (ask) => ask.weight(vip, b, 1)],
  ["a weight for a lingering server", -6, async (ask) => {
    assert.equal(await ask.server(vip, a, del), 0);
    return await ask.weight(vip, a, 1);
  }],
  ["an IPv6 server behind gre4", -97, (ask) => ask.server(vip, "fd00::1")],
  ["an IPv4 server behind gre6", -97, async (ask) => {
    assert.equal(await ask.vip(vip6, { encap: 1 }), 0);
    return await ask.server(vip6, a);
  }],
  ["the same server again", -81, (ask) => ask.server(vip, a, { weight: 50 })],
  ["the same server with another weight", -81, (ask) => ask.server(vip, a, { weight: 70 })],
  ["a flow table of 1000", -70, (ask) =>
    ask.vip("192.0.2.9/32", {
      new_flows_table_length: 1000,
    })],
  ["1000 sticky buckets", -70, (ask) => ask.buckets(1000)],
  ["a server with weight 101", 0, (ask) => ask.server(vip, b, { weight: 101 })],
  ["a server with weight 255", 0, (ask) => ask.server(vip, b, { weight: 255 })],
  ["weight 101", 0, (ask) => ask.weight(vip, a, 101)],
  ["weight 255", 0, (ask) => ask.weight(vip, a, 255)],
  ["flushing a VIP that is not there", 0, (ask) => ask.flush("192.0.2.9/32")],
  ["an IPv6 VIP with nat4", 0, (ask) => ask.vip(vip6, { encap: 3 })],
  ["an IPv6 VIP with l3dsr", 0, (ask) => ask.vip(vip6, { encap: 2 })],
];

for (const [what, retval, ask] of rows) {
  Deno.test(`${what} is answered with ${retval}`, async () => {
    await withVpp(async ({ apiPath, vpp }) => {
      using client = await Client.connect(apiPath);
      const requests = new Requests(client);
      assert.equal(await requests.vip(vip), 0);
      assert.equal(await requests.vip(other, { port: 0 }), 0);
      assert.equal(await requests.server(vip, a, { weight: 50 }), 0);
      const before = JSON.stringify(vpp.state());
      assert.equal(await ask(requests), retval);
      const isChanged = JSON.stringify(vpp.state()) !== before;
      // A server was deleted before the weight was set, and a flush changes nothing to be seen.
      if (/lingering|flushing|behind gre6/.test(what)) return;
      assert.equal(isChanged, retval === 0, "carried out if, and only if, it was accepted");
    });
  });
}

Deno.test("weights beyond 100 are kept, and IPv6 VIPs with IPv4 encaps become gre6", async () => {
  await withVpp(async ({ apiPath, vpp }) => {
    using client = await Client.connect(apiPath);
    const requests = new Requests(client);
    await requests.vip(vip);
    await requests.server(vip, a, { weight: 101 });
    await requests.server(vip, b);
    await requests.weight(vip, b, 255);
    await requests.vip(vip6, { encap: 2 });
    await requests.vip("2001:db8::2/128", { encap: 3 });
    const [first, ...rest] = vpp.state();
    assert.deepEqual(first?.servers.map(({ weight }) => weight), [101, 255]);
    assert.deepEqual(rest.map(({ type }) => type), ["ip6-gre6", "ip6-gre6"]);
  });
});
