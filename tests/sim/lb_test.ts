import assert from "node:assert/strict";
import {
  ipRouteLookup,
  lbAddDelAsV2,
  lbAddDelVipV2,
  lbAsSetWeight,
  lbAsV2Dump,
  lbConf,
  lbConfGet,
  lbFlushVip,
  lbVipDump,
} from "../../lib/gen/vpp.ts";
import { ip } from "../support/ip.ts";
import { Client } from "./support/client.ts";
import {
  everything,
  newServer,
  newVip,
  vipFields,
  wirePrefix,
  withVpp,
} from "./support/with_vpp.ts";

type VipRequest = ReturnType<typeof newVip>;
type ServerRequest = ReturnType<typeof newServer>;

async function addVip(client: Client, request: VipRequest): Promise<number> {
  const reply = await client.request(lbAddDelVipV2, request);
  return reply.retval;
}

async function addServer(client: Client, request: ServerRequest): Promise<number> {
  const reply = await client.request(lbAddDelAsV2, request);
  return reply.retval;
}

async function setWeight(client: Client, prefix: string, address: string, weight: number) {
  const { retval } = await client.request(lbAsSetWeight, {
    ...vipFields(prefix),
    as_address: ip(address),
    weight,
    is_flush: false,
  });
  return retval;
}

/** Runs a test with a client that has registered. */
async function withClient(
  run: (client: Client, bench: Parameters<Parameters<typeof withVpp>[0]>[0]) => Promise<void>,
): Promise<void> {
  await withVpp(async (bench) => {
    using client = await Client.connect(bench.apiPath);
    await run(client, bench);
  });
}

const vip = "192.0.2.1/32";
const vip6 = "2001:db8::1/128";

Deno.test("adding a VIP is refused with VPP's return values", async () => {
  await withClient(async (client) => {
    assert.equal(await addVip(client, newVip(vip)), 0);
    assert.equal(await addVip(client, newVip(vip)), -81, "the same");
    assert.equal(await addVip(client, newVip(vip, { port: 0 })), -81, "all ports beside one");
    assert.equal(await addVip(client, newVip(vip, { port: 443, encap: 1 })), -73, "another encap");
    assert.equal(await addVip(client, newVip(vip, { port: 443 })), 0);
    assert.equal(await addVip(client, newVip("192.0.2.2/32", { port: 0 })), 0);
    assert.equal(await addVip(client, newVip("192.0.2.2/32")), -81, "one port beside all");
    const odd = newVip("192.0.2.3/32", { new_flows_table_length: 1000 });
    assert.equal(await addVip(client, odd), -70);
    assert.equal(await addVip(client, newVip("192.0.2.3/32", { encap: 4 })), -97, "nat6 of IPv4");
    assert.equal(await addVip(client, newVip("192.0.2.9/32", { is_del: true })), -6);
  });
});

Deno.test("an IPv6 VIP with nat4 or l3dsr silently becomes gre6", async () => {
  await withClient(async (client, { vpp }) => {
    assert.equal(await addVip(client, newVip(vip6, { encap: 3 })), 0);
    assert.equal(await addVip(client, newVip("2001:db8::2/128", { encap: 2 })), 0);
    assert.deepEqual(vpp.state().map(({ type }) => type), ["ip6-gre6", "ip6-gre6"]);
  });
});

Deno.test("port 0 makes protocol 255, whatever was asked for", async () => {
  await withClient(async (client) => {
    assert.equal(await addVip(client, newVip(vip, { port: 0, protocol: 17 })), 0);
    const [details] = await client.dump(lbVipDump, everything);
    assert.deepEqual([details?.vip.protocol, details?.vip.port], [255, 0]);
    assert.equal(await addVip(client, newVip(vip, { port: 0, protocol: 6, is_del: true })), 0);
  });
});

Deno.test("host bits of a prefix do not count", async () => {
  await withClient(async (client, { vpp }) => {
    assert.equal(await addVip(client, newVip("198.51.100.77/24")), 0);
    assert.equal(await addVip(client, newVip("198.51.100.1/24")), -81);
    assert.equal(vpp.state()[0]?.prefix, "198.51.100.0/24");
  });
});

Deno.test("the table length in a dump is a u16, the target port is swapped, the filter ignored", async () => {
  await withClient(async (client) => {
    await addVip(client, newVip(vip, { new_flows_table_length: 65536 }));
    await addVip(client, newVip("192.0.2.2/32", { encap: 3, target_port: 0x1234 }));
    await addVip(client, newVip("192.0.2.3/32", { encap: 2, dscp: 10 }));
    const filter = { ...everything, pfx: wirePrefix("203.0.113.1/32"), protocol: 17, port: 53 };
    const details = await client.dump(lbVipDump, filter);
    assert.deepEqual(details.map((d) => d.flow_table_length), [0, 1024, 1024]);
    assert.deepEqual(details.map((d) => d.target_port), [0, 0x3412, 0]);
    assert.deepEqual(details.map((d) => d.dscp), [0, 0, 10]);
  });
});

Deno.test("a GRE VIP in a reused slot shows what the one before left", async () => {
  await withClient(async (client, { clock }) => {
    await addVip(client, newVip(vip, { encap: 2, dscp: 10 }));
    await addVip(client, newVip(vip, { is_del: true }));
    clock.advance(60_000);
    await addVip(client, newVip("192.0.2.2/32"));
    const [details] = await client.dump(lbVipDump, everything);
    assert.equal(details?.dscp, 10);
  });
});

Deno.test("requests for servers are refused with VPP's return values", async () => {
  await withClient(async (client, { vpp }) => {
    await addVip(client, newVip(vip));
    assert.equal(await addServer(client, newServer("192.0.2.9/32", "10.0.0.1")), -6, "no VIP");
    assert.equal(await addServer(client, newServer(vip, "fd00::1")), -97, "wrong family");
    assert.equal(await addServer(client, newServer(vip, "10.0.0.1", { weight: 50 })), 0);
    assert.equal(await addServer(client, newServer(vip, "10.0.0.1", { weight: 70 })), -81);
    assert.equal(vpp.state()[0]?.servers[0]?.weight, 50, "unchanged");
    assert.equal(await setWeight(client, vip, "10.0.0.2", 5), -6, "no such server");
    assert.equal(await setWeight(client, vip, "10.0.0.1", 255), 0, "any byte is a weight");
    assert.equal(vpp.state()[0]?.servers[0]?.weight, 255);
    assert.equal(await addServer(client, newServer(vip, "10.0.0.2", { is_del: true })), -6);
    assert.equal(await addServer(client, newServer(vip, "10.0.0.1", { is_del: true })), 0);
    assert.equal(await setWeight(client, vip, "10.0.0.1", 5), -6, "lingering");
    assert.equal(await addServer(client, newServer(vip, "10.0.0.1", { is_del: true })), 0, "again");
  });
});

Deno.test("flushing a VIP that is not there succeeds", async () => {
  await withClient(async (client) => {
    const reply = await client.request(
      lbFlushVip,
      vipFields("192.0.2.9/32"),
    );
    assert.equal(reply.retval, 0);
  });
});

Deno.test("a deleted server lingers in the dump and comes back in its place", async () => {
  await withClient(async (client, { clock }) => {
    await addVip(client, newVip(vip));
    await addServer(client, newServer(vip, "10.0.0.1"));
    await addServer(client, newServer(vip, "10.0.0.2"));
    clock.advance(7_500);
    await addServer(client, newServer(vip, "10.0.0.1", { is_del: true }));
    const dump = () => client.dump(lbAsV2Dump, everything);
    const lingering = await dump();
    assert.deepEqual(lingering.map((as) => [as.flags, as.in_use_since, as.num_buckets]), [
      [0, 7, 0],
      [1, 0, 1024],
    ]);
    await addServer(client, newServer(vip, "10.0.0.1", { weight: 30 }));
    const back = await dump();
    assert.deepEqual(back.map((as) => [as.flags, as.in_use_since, as.weight]), [
      [1, 7, 30],
      [1, 0, 100],
    ]);
  });
});

Deno.test("collection runs each 60 s and spares what was deleted less than 10 s ago", async () => {
  await withClient(async (client, { clock, vpp }) => {
    await addVip(client, newVip(vip));
    await addServer(client, newServer(vip, "10.0.0.1"));
    await addServer(client, newServer(vip, "10.0.0.2"));
    await addServer(client, newServer(vip, "10.0.0.1", { is_del: true }));
    clock.advance(55_000);
    await addServer(client, newServer(vip, "10.0.0.2", { is_del: true }));
    const addresses = () => vpp.state()[0]?.servers.map(({ address }) => address);
    assert.deepEqual(addresses(), ["10.0.0.1", "10.0.0.2"]);
    clock.advance(5_000);
    assert.deepEqual(addresses(), ["10.0.0.2"]);
    clock.advance(60_000);
    assert.deepEqual(addresses(), []);
  });
});

Deno.test("a VIP deleted with servers leaves the VIP dump only, and the same key may be there twice", async () => {
  await withClient(async (client, { vpp }) => {
    await addVip(client, newVip(vip));
    await addServer(client, newServer(vip, "10.0.0.1"));
    assert.equal(await addVip(client, newVip(vip, { is_del: true })), 0);
    const vips = () => client.dump(lbVipDump, everything);
    const servers = () => client.dump(lbAsV2Dump, everything);
    assert.deepEqual([(await vips()).length, (await servers()).length], [0, 1]);
    await addVip(client, newVip(vip));
    await addServer(client, newServer(vip, "10.0.0.1"));
    assert.deepEqual((await servers()).map(({ flags }) => flags), [0, 1]);
    assert.deepEqual(vpp.state().map(({ index, used }) => [index, used]), [[1, false], [2, true]]);
  });
});

Deno.test("dumps go by slot, and the slot freed last is used first", async () => {
  await withClient(async (client, { clock, vpp }) => {
    for (const i of [1, 2, 3]) await addVip(client, newVip(`192.0.2.${i}/32`));
    for (const i of [1, 2]) await addVip(client, newVip(`192.0.2.${i}/32`, { is_del: true }));
    clock.advance(60_000);
    for (const i of [4, 5, 6]) await addVip(client, newVip(`192.0.2.${i}/32`));
    assert.deepEqual(vpp.state().map(({ index, prefix }) => `${index} ${prefix}`), [
      "1 192.0.2.5/32",
      "2 192.0.2.4/32",
      "3 192.0.2.3/32",
      "4 192.0.2.6/32",
    ]);
  });
});

Deno.test("an AS dump's filter matches IPv6 VIPs, IPv4 ones only if encoded as nobody does", async () => {
  await withClient(async (client) => {
    await addVip(client, newVip(vip));
    await addVip(client, newVip(vip6));
    await addServer(client, newServer(vip, "10.0.0.1"));
    await addServer(client, newServer(vip6, "10.0.0.2"));
    const count = async (filter: ReturnType<typeof vipFields> | Uint8Array) =>
      (await client.dump(lbAsV2Dump, filter)).length;
    assert.equal(await count(vipFields(vip)), 0);
    assert.equal(await count(vipFields(vip6)), 1);
    assert.equal(await count(vipFields(vip6, 81)), 0);
    const odd = client.encode(lbAsV2Dump, vipFields(vip));
    const family = 2 + 4 + 4;
    odd.fill(0, family + 1, family + 13).set([192, 0, 2, 1], family + 13);
    assert.equal(await count(odd), 1);
  });
});

Deno.test("lb_conf keeps what is all ones, and always takes the addresses", async () => {
  await withClient(async (client) => {
    const conf = {
      ip4_src_address: ip("192.0.2.1"),
      ip6_src_address: ip("101:101:101:101:101:101:101:101"),
      sticky_buckets_per_core: 0xffff_ffff,
      flow_timeout: 0xffff_ffff,
    };
    const set = async (change: Partial<typeof conf>) =>
      (await client.request(lbConf, { ...conf, ...change })).retval;
    assert.equal(await set({}), 0);
    const get = () => client.request(lbConfGet, {});
    const { retval: _, ...read } = await get();
    assert.deepEqual(read, { ...conf, sticky_buckets_per_core: 1024, flow_timeout: 40 });
    assert.equal(await set({ sticky_buckets_per_core: 1000 }), -70);
    assert.equal(await set({ sticky_buckets_per_core: 0 }), 0, "0 passes as a power of two");
    assert.equal((await get()).sticky_buckets_per_core, 0);
  });
});

Deno.test("VPP begins with seven routes", async () => {
  await withClient(async (client) => {
    const indices: number[] = [];
    for (
      const prefix of [
        ...["0.0.0.0/0", "0.0.0.0/32", "240.0.0.0/4", "224.0.0.0/4", "255.255.255.255/32"],
        ...["::/0", "fe80::/10"],
      ]
    ) {
      const asked = { table_id: 0, exact: 1, prefix: wirePrefix(prefix) };
      const { retval, route } = await client.request(
        ipRouteLookup,
        asked,
      );
      assert.equal(retval, 0, prefix);
      indices.push(route.stats_index);
    }
    assert.deepEqual(indices, [1, 2, 3, 4, 5, 6, 7]);
  });
});

Deno.test("routes of VIPs and servers have indices from 8 on, shared by all that use them", async () => {
  await withClient(async (client) => {
    await addVip(client, newVip(vip));
    await addVip(client, newVip(vip, { port: 443 }));
    await addServer(client, newServer(vip, "10.0.0.1"));
    await addServer(client, newServer(vip, "10.0.0.1", { port: 443 }));
    const index = async (prefix: string) => {
      const asked = { table_id: 0, exact: 1, prefix: wirePrefix(prefix) };
      const reply = await client.request(
        ipRouteLookup,
        asked,
      );
      return reply.retval === 0 ? reply.route.stats_index : reply.retval;
    };
    assert.deepEqual([await index(vip), await index("10.0.0.1/32")], [8, 9]);
    await addVip(client, newVip(vip, { is_del: true }));
    assert.equal(await index(vip), 8, "the other port still needs it");
    await addVip(client, newVip(vip, { port: 443, is_del: true }));
    assert.equal(await index(vip), -6);
    assert.equal(await index("10.0.0.1/32"), 9, "lingering servers keep their route");
  });
});

for (
  const [what, kill] of [
    [
      "a table length of 0",
      (client: Client) => client.send(lbAddDelVipV2, newVip(vip, { new_flows_table_length: 0 })),
    ],
    [
      "a prefix length over 128",
      (client: Client) => client.send(lbAddDelVipV2, newVip("2001:db8::1/129")),
    ],
    ["an all-port NAT VIP with a server", async (client: Client) => {
      await addVip(client, newVip(vip, { port: 0, encap: 3 }));
      await client.send(lbAddDelAsV2, newServer(vip, "10.0.0.1", { port: 0 }));
    }],
  ] as const
) {
  Deno.test(`${what} kills VPP, which is back empty after a restart`, async () => {
    await withClient(async (client, { vpp, apiPath }) => {
      await addVip(client, newVip("192.0.2.200/32"));
      await kill(client);
      assert.equal(await client.receive(), undefined);
      assert.equal(vpp.running, false);
      await assert.rejects(Client.connect(apiPath));
      vpp.start();
      using again = await Client.connect(apiPath);
      await again.expectNothingButPing();
      assert.deepEqual(vpp.state(), []);
    });
  });
}
