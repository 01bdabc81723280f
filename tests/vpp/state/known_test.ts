import assert from "node:assert/strict";
import { type DumpedVip, vipId } from "../../../lib/vpp/state/vip.ts";
import { KnownState } from "../../../lib/vpp/state/known.ts";
import { atOnce } from "../../../lib/time/mod.ts";
import { ip } from "../../support/ip.ts";

type Change = Partial<Omit<DumpedVip, "servers">>;

/** A VIP as a dump shows it, with servers and their weights. */
function vip(port: number, servers: Readonly<Record<string, number>>, change: Change = {}) {
  const key = { address: ip("192.0.2.1"), prefixLength: 32, protocol: 6, port };
  const list = Object.entries(servers).map(([text, weight]) =>
    [text, { address: ip(text), weight, flags: 1, buckets: 10 }] as const
  );
  return {
    ...{ ...key, id: vipId(key), encap: "gre4", sticky: false, poolIndex: port },
    ...{ flowTableLength: 1024, servers: new Map(list), ...change },
  } satisfies DumpedVip;
}

function dumpOf(...vips: DumpedVip[]): Map<string, DumpedVip> {
  return new Map(vips.map((each) => [each.id, each]));
}

/** What is known after these dumps, the addresses that came or went with the last one, and more. */
function after(...dumps: Map<string, DumpedVip>[]) {
  const known = new KnownState();
  let altered: string[] = [];
  let changed: string[] = [];
  let versions = 0;
  for (const dump of dumps) {
    known.takeChangedAddresses();
    const before = known.version;
    known.startDump();
    altered = atOnce(known.finishDump(dump)).map(({ vip, detail }) => `${vip.port}: ${detail}`);
    changed = [...known.takeChangedAddresses()].map(({ text }) => text);
    versions = known.version - before;
  }
  return { known, altered, changed, isNew: versions > 0 };
}

const base = vip(80, { "10.0.0.1": 100, "10.0.0.2": 50 });

Deno.test("a dump that shows what is known changes nothing", () => {
  const { altered, changed, isNew } = after(
    dumpOf(base),
    dumpOf(vip(80, { "10.0.0.2": 50, "10.0.0.1": 100 })),
  );
  assert.deepEqual([altered, changed, isNew], [[], [], false]);
});

Deno.test("a dump tells which VIPs and servers came and went", () => {
  const cases: [DumpedVip[], string[], string[]][] = [
    [[], ["80: removed"], ["192.0.2.1"]],
    [[base, vip(81, {})], ["81: added"], ["192.0.2.1"]],
    [[vip(80, { "10.0.0.1": 100 })], ["80: 10.0.0.2 removed"], ["10.0.0.2"]],
    [
      [vip(80, { "10.0.0.1": 100, "10.0.0.2": 50, "10.0.0.3": 7 })],
      ["80: 10.0.0.3 added with weight 7"],
      ["10.0.0.3"],
    ],
    [[vip(80, { "10.0.0.1": 1, "10.0.0.2": 50 })], ["80: 10.0.0.1 weight 100 -> 1"], []],
    [[{ ...base, poolIndex: 5 }], [], ["192.0.2.1"]],
  ];
  for (const [dump, altered, changed] of cases) {
    const seen = after(dumpOf(base), dumpOf(...dump));
    assert.deepEqual([seen.altered, seen.changed], [altered, changed]);
    assert.equal(seen.isNew, changed.length > 0, altered.join());
  }
});

Deno.test("what VPP did not tell is no alteration", () => {
  const { servers } = base;
  assert.deepEqual(
    after(dumpOf(base), dumpOf({ ...base, servers, sticky: undefined })).altered,
    [],
  );
  assert.deepEqual(after(dumpOf({ ...base, sticky: undefined }), dumpOf(base)).altered, []);
  const long = { ...base, flowTableLength: 2 ** 17 };
  assert.deepEqual(after(dumpOf(long), dumpOf({ ...base, flowTableLength: 65_536 })).altered, []);
  assert.deepEqual(after(dumpOf(base), dumpOf({ ...base, flowTableLength: 16 })).altered, [
    "80: buckets 1024 -> 16",
  ]);
});

Deno.test("what was changed while a dump was under way stays as it is known", () => {
  const { known } = after(dumpOf(base, vip(81, { "10.0.0.9": 9 }), vip(82, {})));
  known.startDump();
  const address = ip("10.0.0.1");
  known.serverChanged(base.id, {
    ...{ kind: "as-weight", address, weight: 0, from: 100, flush: true },
  });
  known.vipRemoved(vip(82, {}).id);
  const stale = [vip(80, { "10.0.0.1": 100, "10.0.0.2": 50 }), vip(81, {}), vip(82, {})];
  assert.deepEqual(atOnce(known.finishDump(dumpOf(...stale))).map(({ detail }) => detail), [
    "10.0.0.9 removed",
  ]);
  assert.equal(known.vip(base.id)?.servers.get("10.0.0.1")?.weight, 0);
  assert.equal(known.vip(base.id)?.servers.get("10.0.0.1")?.buckets, 10);
  assert.equal(known.vip(vip(82, {}).id), undefined);
  known.startDump();
  assert.equal(atOnce(known.finishDump(dumpOf(...stale))).length, 2, "and only while it was");
});

Deno.test("taking over a dump gives way between VIPs", () => {
  const { known } = after(dumpOf(base, vip(81, {})));
  known.startDump();
  assert.equal([...known.finishDump(dumpOf(base, vip(81, {}), vip(82, {})))].length, 2 + 3);
});

Deno.test("VIPs are found by their prefix, and prefixes without VIPs are forgotten", () => {
  const { known } = after(dumpOf(base, vip(81, {})));
  assert.deepEqual(known.onPrefix("192.0.2.1/32").map(({ port }) => port), [80, 81]);
  assert.equal([...known.all()].length, 2);
  known.vipRemoved(base.id);
  known.vipRemoved(base.id);
  assert.deepEqual(known.onPrefix("192.0.2.1/32").map(({ port }) => port), [81]);
  known.vipRemoved(vip(81, {}).id);
  assert.deepEqual(known.onPrefix("192.0.2.1/32"), []);
  assert.deepEqual([...known.all()], []);
});

Deno.test("a VIP that was added has no servers and no index yet; changes of others are nothing", () => {
  const { known } = after(dumpOf());
  const { poolIndex: _, ...desired } = vip(80, {});
  known.vipAdded({ ...desired, encap: "gre4", sticky: false, frontend: "web", servers: [] });
  assert.equal(known.vip(base.id)?.poolIndex, undefined);
  known.poolIndexFound(base.id, 4);
  known.poolIndexFound("another", 5);
  assert.equal(known.vip(base.id)?.poolIndex, 4);
  known.takeChangedAddresses();
  const address = ip("10.0.0.1");
  known.serverChanged(base.id, { kind: "as-add", address, weight: 3, flushing: false });
  known.serverChanged("another", { kind: "as-add", address, weight: 3, flushing: false });
  assert.deepEqual([...known.takeChangedAddresses()].map(({ text }) => text), ["10.0.0.1"]);
  const server = { address, weight: 3, flags: 1, buckets: 0 };
  assert.deepEqual([...known.vip(base.id)?.servers.values() ?? []], [server]);
  known.serverChanged(base.id, { kind: "as-del", address });
  assert.deepEqual([...known.takeChangedAddresses()].map(({ text }) => text), ["10.0.0.1"]);
  assert.equal(known.vip(base.id)?.servers.size, 0);
});

Deno.test("each VIP and server that comes or goes changes the version, a weight does not", () => {
  const { known } = after(dumpOf());
  const address = ip("10.0.0.1");
  const { poolIndex: _, ...desired } = vip(80, {});
  const changes: [what: string, change: () => void, changed: string[]][] = [
    [
      "a VIP comes",
      () =>
        known.vipAdded({ ...desired, encap: "gre4", sticky: false, frontend: "web", servers: [] }),
      ["192.0.2.1"],
    ],
    [
      "a server comes",
      () => known.serverChanged(base.id, { kind: "as-add", address, weight: 3, flushing: false }),
      ["10.0.0.1"],
    ],
    [
      "a weight changes",
      () =>
        known.serverChanged(base.id, {
          ...{ kind: "as-weight", address, weight: 0, from: 3, flush: false },
        }),
      [],
    ],
    ["a server goes", () => known.serverChanged(base.id, { kind: "as-del", address }), [
      "10.0.0.1",
    ]],
    ["a VIP goes", () => known.vipRemoved(base.id), ["192.0.2.1"]],
    ["it has gone", () => known.vipRemoved(base.id), []],
  ];
  for (const [what, change, changed] of changes) {
    const before = known.version;
    change();
    assert.deepEqual([...known.takeChangedAddresses()].map(({ text }) => text), changed, what);
    assert.equal(known.version > before, changed.length > 0, what);
  }
});

Deno.test("of a VIP that was changed during a dump, everything else is found out all the same", () => {
  const { known } = after(dumpOf(vip(80, { "10.0.0.1": 100, "10.0.0.2": 50, "10.0.0.3": 1 })));
  known.startDump();
  const [weighed, added, gone] = ["10.0.0.2", "10.0.0.4", "10.0.0.3"].map(ip);
  assert.ok(weighed && added && gone);
  known.serverChanged(base.id, {
    ...{ kind: "as-weight", address: weighed, weight: 60, from: 50, flush: false },
  });
  known.serverChanged(base.id, { kind: "as-add", address: added, weight: 7, flushing: false });
  known.serverChanged(base.id, { kind: "as-del", address: gone });
  // Seen before these changes, but after somebody had removed the first server and added another.
  const dump = dumpOf(vip(80, { "10.0.0.2": 50, "10.0.0.3": 1, "10.0.0.5": 5 }));
  const altered = atOnce(known.finishDump(dump)).map(({ detail }) => detail);
  assert.deepEqual(altered, ["10.0.0.1 removed, 10.0.0.5 added with weight 5"]);
  const servers = [...known.vip(base.id)?.servers ?? []].map((
    [text, { weight }],
  ) => [text, weight]);
  assert.deepEqual(
    new Map(servers as [string, number][]),
    new Map([
      ["10.0.0.2", 60],
      ["10.0.0.4", 7],
      ["10.0.0.5", 5],
    ]),
  );
});

Deno.test("a VIP that was made or removed during a dump is as it is known", () => {
  const { known } = after(dumpOf(base, vip(81, { "10.0.0.1": 1 })));
  const [made, empty] = [vip(82, {}), vip(83, {})];
  known.startDump();
  known.vipRemoved(base.id);
  for (const added of [made, empty]) {
    known.vipAdded({ ...added, encap: "gre4", sticky: false, frontend: "made", servers: [] });
  }
  known.serverChanged(made.id, {
    ...{ kind: "as-add", address: ip("10.0.0.9"), weight: 3, flushing: false },
  });
  assert.deepEqual(atOnce(known.finishDump(dumpOf(base, vip(81, { "10.0.0.1": 1 })))), []);
  assert.equal(known.vip(base.id), undefined);
  assert.deepEqual([...known.vip(made.id)?.servers.keys() ?? []], ["10.0.0.9"]);
  assert.ok(known.vip(empty.id), "though nothing was done to its servers");
});
