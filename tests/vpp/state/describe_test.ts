import assert from "node:assert/strict";
import { describePlan, describeTables, plannedMoves } from "../../../lib/vpp/state/describe.ts";
import type { DesiredVip } from "../../../lib/vpp/state/desired.ts";
import type { PrefixPlan, ServerChange } from "../../../lib/vpp/state/plan.ts";
import type { ActualVip } from "../../../lib/vpp/state/vip.ts";
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

const none: PrefixPlan = { removals: [], changes: [], blocked: [], looked: 0 };

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

const [first, second] = [ip("10.0.0.1"), ip("10.0.0.2")];

/** The VIP of port 80, or another one, as VPP has it and as it is desired. */
function vip(servers: readonly [string, number][], length = 1024, port = 80): ActualVip {
  const key = { address: ip("192.0.2.1"), prefixLength: 32, protocol: 6, port };
  const states = servers.map(([text, weight]) =>
    [text, { address: ip(text), weight, flags: 1, buckets: 0 }] as const
  );
  return {
    ...{ ...key, id: `192.0.2.1/32 6 ${port}`, encap: "gre4", sticky: false, poolIndex: 1 },
    ...{ flowTableLength: length, servers: new Map(states) },
  };
}

function desired({ servers: _, encap: __, ...key }: ActualVip, length: number): DesiredVip {
  return {
    ...key,
    frontend: "web",
    encap: "gre4",
    sticky: false,
    flowTableLength: length,
    servers: [],
  };
}

/** What the moves are of one change of one VIP. */
function moves(present: ActualVip, servers: ServerChange[], isAdded = false, length = 1024) {
  const changes = [{ vip: desired(present, length), isAdded, servers }];
  return movesOf([{ removals: [], changes, blocked: [], looked: 0 }], [present]);
}

function movesOf(plans: readonly PrefixPlan[], present: readonly ActualVip[]) {
  const work = plannedMoves(plans, new Map(present.map((each) => [each.id, each])));
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

const both = vip([["10.0.0.1", 100], ["10.0.0.2", 100]]);

Deno.test("a server that goes takes its half of the flows elsewhere, one of weight 0 none", () => {
  const [move] = moves(both, [{ kind: "as-del", address: second }]);
  const { share = 0, ...named } = move ?? assert.fail();
  assert.deepEqual(named, {
    ...{ prefix: "192.0.2.1/32", protocol: "tcp", port: 80, frontend: "web" },
  });
  assert.ok(share > 0.45 && share < 0.55, `${share}`);
  const idle = vip([["10.0.0.1", 100], ["10.0.0.2", 0]]);
  assert.equal(moves(idle, [{ kind: "as-del", address: second }])[0]?.share, 0);
});

Deno.test("a server that comes, and one whose weight changes, take what they get", () => {
  const one = vip([["10.0.0.1", 100]]);
  const added = { kind: "as-add", address: second, weight: 100, flushing: false } as const;
  const grown = moves(one, [added])[0]?.share ?? 0;
  assert.ok(grown > 0.45 && grown < 0.55, `${grown}`);
  const weight = { kind: "as-weight", address: first, weight: 0, from: 100, flush: true } as const;
  const drained = moves(both, [weight])[0]?.share ?? 0;
  assert.ok(drained > 0.45 && drained < 0.55, `${drained}`);
});

Deno.test("a VIP made anew has only what is added, in a table of the length configured", () => {
  const again = { kind: "as-add", address: first, weight: 100, flushing: false } as const;
  const one = vip([["10.0.0.1", 100]]);
  assert.equal(moves(one, [again], true)[0]?.share, 0);
  assert.equal(moves(one, [again], true, 4096)[0]?.share, 0, "one server has every slot");
  const anew = moves(both, [again], true)[0]?.share ?? 0;
  assert.ok(anew > 0.45 && anew < 0.55, `${anew}: the second is not there any more`);
});

Deno.test("a VIP that VPP does not have yet has no flows to move", () => {
  const [changes] = [[{ vip: desired(both, 1024), isAdded: true, servers: [] }]];
  assert.deepEqual(movesOf([{ removals: [], changes, blocked: [], looked: 0 }], []), []);
});

Deno.test("once tables of 2^22 slots were worked out, VIPs are left out", () => {
  const vips = [80, 81, 82, 83, 84].map((port) => vip([["10.0.0.1", 100]], 2 ** 20, port));
  const changes = vips.map((each) => ({ vip: desired(each, 1024), isAdded: false, servers: [] }));
  const plan = { removals: [], changes, blocked: [], looked: 0 };
  assert.deepEqual(movesOf([plan], vips).map(({ port }) => port), [80, 81, 82, 83]);
});
