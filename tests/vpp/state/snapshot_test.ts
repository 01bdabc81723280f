import assert from "node:assert/strict";
import fc from "fast-check";
import type { LbAsV2Details, LbVipDetails } from "../../../lib/gen/vpp.ts";
import { ActualState, parseVerbose, type VipExtras } from "../../../lib/vpp/state/snapshot.ts";
import { ip } from "../../support/ip.ts";
import { textFile } from "../../vppclient/support/fixtures.ts";

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

function parse(text: string): Map<string, VipExtras> {
  const work = parseVerbose(text);
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

const text = await textFile("cli/inband-show-lb-vips-verbose.txt");

Deno.test("sticky flags and pool indices are read from VPP's text", () => {
  assert.deepEqual([...parse(text)].map(([id, { poolIndex, sticky }]) => [id, poolIndex, sticky]), [
    ["192.0.2.1/32 6 80", 1, false],
    ["2001:db8::80/128 6 443", 2, false],
    ["192.0.2.2/32 6 80", 3, true],
    ["192.0.2.3/32 255 0", 4, false],
    ["198.51.100.0/24 255 0", 5, false],
    ["192.0.2.4/32 17 53", 6, false],
    ["192.0.2.6/32 6 80", 8, false],
    ["192.0.2.7/32 17 3306", 9, false],
    ["2001:db8::90/128 17 3306", 10, false],
    ["2001:db8::91/128 6 80", 11, false],
  ]);
});

Deno.test("of a VIP deleted and made again, the living one counts", async () => {
  const found = JSON.parse(await textFile("stats/one-thread.json"));
  const extras = parse(found.show_lb_vips_verbose);
  assert.deepEqual(extras.get("203.0.113.82/32 6 80"), {
    poolIndex: 7,
    sticky: false,
    flowTableLength: 1024,
  });
  assert.equal(extras.size, 6);
});

Deno.test("a VIP that appears twice is not told about", () => {
  assert.equal(parse(text + text).size, 0);
});

Deno.test("an end of line before the first VIP, or none after the last one, makes no difference", () => {
  const line = " ip4-gre4 [7] 192.0.2.1/32";
  for (const odd of [line, `\n${line}`, `\n${line}\n`]) {
    assert.deepEqual([...parse(odd)], [
      ["192.0.2.1/32 255 0", { poolIndex: 7, sticky: false }],
    ], JSON.stringify(odd));
  }
});

Deno.test("whatever the text, nothing is thrown, and what is found was written", () => {
  const damage = fc.record({
    at: fc.nat({ max: text.length }),
    cut: fc.nat({ max: 200 }),
    put: fc.string({ maxLength: 10 }),
  });
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 5 }), (damages) => {
      let damaged = text;
      for (const { at, cut, put } of damages) {
        damaged = damaged.slice(0, at) + put + damaged.slice(at + cut);
      }
      for (const { poolIndex } of parse(damaged).values()) {
        assert.ok(damaged.includes(`[${poolIndex}`) || damaged.includes(`0${poolIndex}]`));
      }
    }),
    { seed: 26_10, numRuns: 500 },
  );
});
