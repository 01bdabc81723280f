import assert from "node:assert/strict";
import {
  type ActualVip,
  describePlan,
  describeTables,
  describeVip,
  type DesiredVip,
  type PrefixPlan,
} from "../../../lib/vpp/lb/mod.ts";
import type { ServerChange } from "../../../lib/vpp/lb/plan.ts";
import { ip } from "../../support/ip.ts";

const key = { address: ip("192.0.2.1"), prefixLength: 32, protocol: 6, port: 80 };
const shared = { ...key, id: "192.0.2.1/32 6 80", encap: "gre4", sticky: false } as const;
const present: ActualVip = {
  ...{ ...shared, poolIndex: 1, flowTableLength: 1024 },
  servers: new Map(
    ["10.0.0.10", "10.0.0.9"].map((text) =>
      [text, { address: ip(text), weight: 100, flags: 1, buckets: 512 }] as const
    ),
  ),
};
const wanted: DesiredVip = { ...shared, frontend: "web", flowTableLength: 1024, servers: [] };

const none: PrefixPlan = { prefix: "192.0.2.1/32", removals: [], changes: [], blocked: [] };

/** Lines as `as-add 192.0.2.1/32 tcp 80 10.0.0.1 (weight 7) web`. */
function lines(plan: Partial<PrefixPlan>): string[] {
  return describePlan({ ...none, ...plan }).map((one) => {
    assert.deepEqual([one.prefix, one.protocol, one.port], ["192.0.2.1/32", "tcp", 80]);
    return `${one.kind} ${one.address} (${one.detail}) ${one.frontend}`;
  });
}

Deno.test("a VIP that goes loses its servers first, in numeric order", () => {
  assert.deepEqual(lines({ removals: [{ vip: present, frontend: "", reason: "nobody's" }] }), [
    "as-del 10.0.0.9 (flush) ",
    "as-del 10.0.0.10 (flush) ",
    "vip-del  (nobody's) ",
  ]);
});

Deno.test("a VIP made anew goes for its frontend, and is added with all that it is made of", () => {
  const vip = { ...wanted, sticky: true, flowTableLength: 4096 };
  const added = { kind: "as-add", address: ip("10.0.0.1"), weight: 7, flushing: true } as const;
  assert.deepEqual(
    lines({
      removals: [{ vip: { ...present, servers: new Map() }, frontend: "web", reason: "sticky" }],
      changes: [{ vip, isAdded: true, servers: [added] }],
    }),
    [
      "vip-recreate  (sticky) web",
      "vip-add  (encap gre4, 4096 buckets, src-ip-sticky) web",
      "as-add 10.0.0.1 (weight 7) web",
    ],
  );
});

Deno.test("of a VIP that stays, its servers' changes are told, with a flush where there is one", () => {
  const weight = { kind: "as-weight", address: ip("10.0.0.1"), from: 100, weight: 0 } as const;
  const servers: ServerChange[] = [
    { ...weight, flush: true },
    { ...weight, flush: false },
    { kind: "as-del", address: ip("10.0.0.2") },
  ];
  assert.deepEqual(lines({ changes: [{ vip: wanted, isAdded: false, servers }] }), [
    "as-weight 10.0.0.1 (weight 100 -> 0, flush) web",
    "as-weight 10.0.0.1 (weight 100 -> 0) web",
    "as-del 10.0.0.2 (flush) web",
  ]);
  assert.deepEqual(
    lines({ changes: [{ vip: { ...wanted, sticky: false }, isAdded: true, servers: [] }] }),
    [
      "vip-add  (encap gre4, 1024 buckets) web",
    ],
  );
});

Deno.test("a table of another length is told of a VIP that is there and stays", () => {
  const longer = { ...wanted, flowTableLength: 4096 };
  const there = new Map([[present.id, present]]);
  const told = (vip: DesiredVip, actual = there, plans: PrefixPlan[] = []) =>
    describeTables([vip], actual, plans).map(({ kind, detail, frontend }) =>
      `${kind} ${detail} ${frontend}`
    );
  assert.deepEqual(told(longer), [
    "vip-kept keeps its 1024 buckets until it is made anew, vpp.lb.buckets is 4096 web",
  ]);
  assert.deepEqual(told(wanted), []);
  assert.deepEqual(told(longer, new Map()), []);
  const goes = { ...none, removals: [{ vip: present, frontend: "web", reason: "sticky" }] };
  assert.deepEqual(told(longer, there, [goes]), []);
});

Deno.test("in sentences a VIP is its prefix, protocol and port", () => {
  assert.equal(describeVip(key), "192.0.2.1/32 tcp 80");
  assert.equal(describeVip({ ...key, protocol: 255, port: 0 }), "192.0.2.1/32 any 0");
});
