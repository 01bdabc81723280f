/** What of a plan is sent first, field by field, and how it is told. */

import assert from "node:assert/strict";
import type { Call } from "../../../lib/binapi/mod.ts";
import type { DesiredVip } from "../../../lib/vpp/state/desired.ts";
import { Occupied } from "../../../lib/vpp/state/occupied.ts";
import type { PrefixPlan, VipChanges } from "../../../lib/vpp/state/plan.ts";
import type { ActualVip } from "../../../lib/vpp/state/vip.ts";
import { changeOf, nextSteps, type Step, stepAttributes } from "../../../lib/vpp/sync/steps.ts";
import type { Requester } from "../../../lib/vppclient/mod.ts";
import { ip } from "../../support/ip.ts";

const at = (port: number) => {
  const key = { address: ip("192.0.2.1"), prefixLength: 32, protocol: 6, port };
  return { ...key, id: `192.0.2.1/32 6 ${port}`, encap: "gre4", flowTableLength: 1024 } as const;
};

function present(port: number, ...servers: string[]): ActualVip {
  return {
    ...{ ...at(port), sticky: true, poolIndex: undefined },
    servers: new Map(servers.map((text) => {
      return [text, { address: ip(text), weight: 5, flags: 1, buckets: 1 }];
    })),
  };
}

function wanted(port: number): DesiredVip {
  return { ...at(port), frontend: `f${port}`, sticky: false, servers: [] };
}

const plan: PrefixPlan = {
  removals: [
    { vip: present(1, "10.0.0.2", "10.0.0.1"), frontend: "f1", reason: "sticky" },
    { vip: present(2), frontend: "", reason: "nobody asks" },
  ],
  changes: [
    { vip: wanted(1), isAdded: true, servers: [] },
    {
      ...{ vip: wanted(3), isAdded: true },
      servers: [{ kind: "as-add", address: ip("10.0.0.3"), weight: 7, flushing: false }],
    },
    {
      ...{ vip: wanted(4), isAdded: false },
      servers: [
        { kind: "as-add", address: ip("10.0.0.3"), weight: 7, flushing: false },
        { kind: "as-weight", address: ip("10.0.0.4"), weight: 8, from: 9, flush: true },
        { kind: "as-del", address: ip("10.0.0.5") },
      ],
    },
  ],
  blocked: [],
  looked: 0,
};

/** A step in few words. */
function told(step: Step): string {
  const { frontend, port, address } = stepAttributes(step);
  return `${changeOf(step)} ${port} ${address} for ${frontend}`;
}

const removals = [
  "as-del 1 10.0.0.1 for f1",
  "as-del 1 10.0.0.2 for f1",
  "vip-del 2 undefined for undefined",
];
/** The same once VPP has let go of the servers. */
const emptied: PrefixPlan = {
  ...plan,
  removals: plan.removals.map((removal) => ({ ...removal, vip: present(removal.vip.port) })),
};
const emptiedRemovals = ["vip-recreate 1 undefined for f1", "vip-del 2 undefined for undefined"];
const servers = [
  "as-add 4 10.0.0.3 for f4",
  "as-weight 4 10.0.0.4 for f4",
  "as-del 4 10.0.0.5 for f4",
];

Deno.test("removals are sent first, then missing VIPs, then servers, never together", () => {
  assert.deepEqual([...nextSteps(plan, new Set())].map(told), removals);
  assert.deepEqual([...nextSteps(emptied, new Set())].map(told), emptiedRemovals);
  const { changes } = plan;
  const added = [...nextSteps({ ...plan, removals: [] }, new Set())];
  assert.deepEqual(added.map(told), [
    "vip-add 1 undefined for f1",
    "vip-add 3 undefined for f3",
  ]);
  const rest = { ...plan, removals: [], changes: changes.slice(2) };
  assert.deepEqual([...nextSteps(rest, new Set())].map(told), servers);
  assert.deepEqual([...nextSteps({ ...rest, changes: [] }, new Set())], []);
});

Deno.test("what was refused is left out, and what it holds up with it", () => {
  const all = [...nextSteps(plan, new Set())];
  const one = new Set(all.slice(0, 1).map(({ key }) => key));
  assert.deepEqual([...nextSteps(plan, one)].map(told), removals.slice(1));
  // VIP 1 stays with its servers, so it cannot be made anew; VIP 3 goes with what stays.
  const keys = new Set(all.map(({ key }) => key));
  const additions = [...nextSteps(plan, keys)];
  assert.deepEqual(additions.map(told), ["vip-add 3 undefined for f3"]);
  const refused = new Set([...keys, ...additions.map(({ key }) => key)]);
  assert.deepEqual([...nextSteps(plan, refused)].map(told), servers);
});

Deno.test("the log says of each step what changes", () => {
  const attributes = (some: Iterable<Step>) => [...some].map((step) => step.attributes);
  assert.deepEqual(attributes(nextSteps(plan, new Set())), [
    { flush: true },
    { flush: true },
    { reason: "nobody asks" },
  ]);
  assert.deepEqual(attributes(nextSteps(emptied, new Set())), [
    { reason: "sticky" },
    { reason: "nobody asks" },
  ]);
  const without = { ...plan, removals: [] };
  const vip = { encap: "gre4", "src-ip-sticky": false, buckets: 1024 };
  assert.deepEqual(attributes(nextSteps(without, new Set())), [vip, vip]);
  const rest = { ...without, changes: plan.changes.slice(2) };
  assert.deepEqual(attributes(nextSteps(rest, new Set())), [
    { weight: 7 },
    { from: 9, to: 8, flush: true },
    { flush: true },
  ]);
});

const nobody = new Occupied(
  {
    lb: { ipv4Source: ip("203.0.113.254"), ipv6Source: ip("2001:db8:ffff::1") },
    frontends: new Map(),
  },
  { all: () => [] },
);

/** The requests that a plan begins with, each with its name and its fields. */
async function sent(part: Partial<PrefixPlan>): Promise<unknown[]> {
  const requests: unknown[] = [];
  const request = (call: Call, fields: unknown) => {
    requests.push([call.request.name, fields]);
    return Promise.resolve();
  };
  const whole = { removals: [], changes: [], blocked: [], looked: 0, ...part };
  for (const step of nextSteps(whole, new Set())) {
    await step.send({ request } as unknown as Requester, nobody);
  }
  return requests;
}

const onWire = { pfx: { address: ip("192.0.2.1"), len: 32 }, protocol: 6, port: 4 };

Deno.test("a VIP is added with its table and its hash, and nothing of other types of VIPs", async () => {
  const vipFields = { ...onWire, dscp: 0, type: 0, target_port: 0, node_port: 0 };
  const vip = { ...wanted(4), encap: "gre6", sticky: true, flowTableLength: 4096 } as const;
  assert.deepEqual(await sent({ changes: [{ vip, isAdded: true, servers: [] }] }), [[
    "lb_add_del_vip_v2",
    {
      ...{ ...vipFields, encap: 1, new_flows_table_length: 4096 },
      ...{ src_ip_sticky: true, is_del: false },
    },
  ]]);
  assert.deepEqual(
    await sent({ removals: [{ vip: present(4), frontend: "", reason: "nobody asks" }] }),
    [[
      "lb_add_del_vip_v2",
      {
        ...{ ...vipFields, encap: 0, new_flows_table_length: 1024 },
        ...{ src_ip_sticky: false, is_del: true },
      },
    ]],
  );
});

Deno.test("a server is added without a flush and deleted with one", async () => {
  const address = ip("10.0.0.3");
  const told = { ...onWire, as_address: address };
  const deletion = ["lb_add_del_as_v2", { ...told, weight: 0, is_del: true, is_flush: true }];
  const changed = (...servers: VipChanges["servers"]) =>
    sent({ changes: [{ vip: wanted(4), isAdded: false, servers }] });
  assert.deepEqual(await changed({ kind: "as-add", address, weight: 7, flushing: true }), [
    ["lb_add_del_as_v2", { ...told, weight: 7, is_del: false, is_flush: false }],
  ]);
  assert.deepEqual(await changed({ kind: "as-del", address }), [deletion]);
  const removal = { vip: present(4, "10.0.0.3"), frontend: "f4", reason: "sticky" };
  assert.deepEqual(await sent({ removals: [removal] }), [deletion]);
  for (const flush of [true, false]) {
    assert.deepEqual(await changed({ kind: "as-weight", address, weight: 9, from: 1, flush }), [
      ["lb_as_set_weight", { ...told, weight: 9, is_flush: flush }],
    ]);
  }
});
