import assert from "node:assert/strict";
import type { LbAsV2Details, LbVipDetails } from "../../../lib/gen/vpp.ts";
import { ActualState } from "../../../lib/vpp/lb/actual.ts";
import { ip } from "../../support/ip.ts";

const vip = { pfx: { address: ip("192.0.2.1"), len: 32 }, protocol: 6, port: 80 };
const id = "192.0.2.1/32 6 80";

function details(change: Partial<LbVipDetails> = {}): LbVipDetails {
  const rest = { encap: 0, dscp: 0, srv_type: 0, target_port: 0, flow_table_length: 1024 };
  return { vip, ...rest, ...change };
}

function server(text: string, change: Partial<LbAsV2Details> = {}): LbAsV2Details {
  const rest = { flags: 1, in_use_since: 0, weight: 100, num_buckets: 512 };
  return { vip, app_srv: ip(text), ...rest, ...change };
}

Deno.test("a table of 65,536 slots reads 0, and an encap that nobody knows is none of ours", () => {
  const lengthAndEncap = (change: Partial<LbVipDetails>) => {
    const state = new ActualState();
    state.addVip(details(change));
    const found = state.finish(new Map()).get(id);
    return [found?.flowTableLength, found?.encap];
  };
  assert.deepEqual(lengthAndEncap({}), [1024, "gre4"]);
  assert.deepEqual(lengthAndEncap({ flow_table_length: 0, encap: 1 }), [65_536, "gre6"]);
  assert.deepEqual(lengthAndEncap({ flow_table_length: 1, encap: 4 }), [1, "nat6"]);
  assert.deepEqual(lengthAndEncap({ encap: 5 }), [1024, "l3dsr"]);
});

Deno.test("servers belong to their VIPs; what lingers, and whose VIP is gone, does not count", () => {
  const state = new ActualState();
  const others = [{ ...vip, port: 443 }, { ...vip, protocol: 17 }];
  const wider = { ...vip, pfx: { ...vip.pfx, len: 24 } };
  const elsewhere = { ...vip, pfx: { ...vip.pfx, address: ip("192.0.2.2") } };
  const all = [vip, ...others, wider, elsewhere];
  for (const each of all) state.addVip(details({ vip: each }));
  for (const [i, each] of all.entries()) {
    state.addServer(server(`10.0.0.${i}`, { vip: each }));
    state.addServer(server(`10.0.1.${i}`, { vip: each, flags: 3 }));
    state.addServer(server(`10.0.2.${i}`, { vip: each, flags: 2 }));
    state.addServer(server(`10.0.3.${i}`, { vip: { ...each, port: 1 } }));
  }
  const found = [...state.finish(new Map()).values()];
  assert.deepEqual(
    found.map(({ servers }) => [...servers.keys()]),
    all.map((_, i) => [`10.0.0.${i}`, `10.0.1.${i}`]),
  );
});

Deno.test("a server is not taken for one of the VIP before it, however alike they are", () => {
  const others = [
    { ...vip, port: 443 },
    { ...vip, protocol: 17 },
    { ...vip, pfx: { ...vip.pfx, len: 24 } },
    { ...vip, pfx: { ...vip.pfx, address: ip("192.0.2.2") } },
  ];
  for (const other of others) {
    const state = new ActualState();
    for (const each of [vip, other]) state.addVip(details({ vip: each }));
    for (const [i, each] of [vip, other, vip, vip, other].entries()) {
      state.addServer(server(`10.0.0.${i}`, { vip: each }));
    }
    const found = [...state.finish(new Map()).values()];
    assert.deepEqual(found.map(({ servers }) => [...servers.keys()]), [
      ["10.0.0.0", "10.0.0.2", "10.0.0.3"],
      ["10.0.0.1", "10.0.0.4"],
    ]);
  }
});

Deno.test("what VPP's text tells is added, what it does not tell is unknown", () => {
  const state = new ActualState();
  state.addVip(details());
  state.addVip(details({ vip: { ...vip, port: 443 } }));
  const extras = { poolIndex: 4, sticky: true, flowTableLength: 2 ** 17 };
  const [told, untold] = state.finish(new Map([[id, extras]])).values();
  assert.deepEqual([told?.poolIndex, told?.sticky, told?.flowTableLength], [4, true, 2 ** 17]);
  assert.deepEqual([untold?.poolIndex, untold?.sticky], [undefined, undefined]);
});
