/** What of a plan is sent first, and how it is told. */

import assert from "node:assert/strict";
import type { ActualVip } from "../../../lib/vpp/lb/vip.ts";
import type { DesiredVip } from "../../../lib/vpp/lb/desired.ts";
import type { PrefixPlan } from "../../../lib/vpp/lb/plan.ts";
import { changeOf, nextSteps, type Step, stepAttributes } from "../../../lib/vpp/sync/steps.ts";
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
