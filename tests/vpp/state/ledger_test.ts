import assert from "node:assert/strict";
import type { DesiredVip } from "../../../lib/vpp/state/desired.ts";
import { type Flushes, Ledger } from "../../../lib/vpp/state/ledger.ts";
import { ip } from "../../support/ip.ts";

const id = "192.0.2.1/32 6 80";
const [one, two] = ["10.0.0.1", "10.0.0.2"] as const;

/** What a frontend desires: its servers, and which of them are in a flushing state. */
function desired(servers: Readonly<Record<string, boolean | "kept">>): DesiredVip {
  return {
    ...{ id, address: ip("192.0.2.1"), prefixLength: 32, protocol: 6, port: 80 },
    ...{ frontend: "web", encap: "gre4", sticky: false, flowTableLength: 1024 },
    servers: Object.entries(servers).map(([text, flush]) => ({
      address: ip(text),
      ...flush === "kept" ? { weight: flush, flush: false } : { weight: 0, flush },
    })),
  };
}

/** All that is remembered of both servers. */
function remembered(ledger: Ledger, vip = id) {
  return [one, two].map((server) => ({
    flushed: ledger.isFlushed(vip, server),
    requested: ledger.isRequested(vip, server),
    before: ledger.weightBefore(vip, server),
  }));
}

const nothing = { flushed: false, requested: false, before: undefined };

/** Everything about both servers. */
function full(): Ledger {
  const ledger = new Ledger();
  for (const [server, weight] of [[one, 10], [two, 20]] as const) {
    ledger.flushed(id, server);
    ledger.request(id, server);
    ledger.takingDown(id, server, weight);
  }
  return ledger;
}

Deno.test("marks are of one server of one VIP", () => {
  const ledger = new Ledger();
  assert.deepEqual(remembered(ledger), [nothing, nothing]);
  ledger.flushed(id, one);
  ledger.request(id, two);
  ledger.takingDown(id, two, 0);
  assert.deepEqual(remembered(ledger), [
    { ...nothing, flushed: true },
    { ...nothing, requested: true, before: 0 },
  ]);
  assert.deepEqual(remembered(ledger, "another"), [nothing, nothing]);
  assert.deepEqual(remembered(full()), [
    { flushed: true, requested: true, before: 10 },
    { flushed: true, requested: true, before: 20 },
  ]);
});

Deno.test("a flush fulfils a request, an addition forgets the weight before", () => {
  const ledger = full();
  ledger.flushing(id, one);
  assert.equal(ledger.isRequested(id, one), true, "VPP has not answered");
  ledger.flushed(id, one);
  assert.deepEqual(remembered(ledger)[0], { flushed: true, requested: false, before: 10 });
  ledger.added(id, one);
  assert.deepEqual(remembered(ledger), [
    { flushed: true, requested: false, before: undefined },
    { flushed: true, requested: true, before: 20 },
  ]);
  ledger.added(id, two);
  ledger.added(id, two);
  assert.equal(ledger.weightBefore(id, two), undefined);
});

Deno.test("a request that comes while flows are being moved is another one", () => {
  const ledger = full();
  ledger.flushing(id, one);
  ledger.request(id, one);
  ledger.flushed(id, one);
  assert.equal(ledger.isRequested(id, one), true);
  ledger.flushing(id, one);
  ledger.flushed(id, one);
  assert.equal(ledger.isRequested(id, one), false);
  ledger.flushing(id, one);
  assert.equal(ledger.isRequested(id, one), false, "nobody asked");
});

Deno.test("a server that is about to be added has no flows that somebody wants moved", () => {
  const ledger = full();
  ledger.adding(id, one);
  assert.deepEqual(remembered(ledger), [
    { flushed: true, requested: false, before: 10 },
    { flushed: true, requested: true, before: 20 },
  ]);
  const empty = new Ledger();
  empty.adding(id, one);
  empty.flushing(id, one);
  assert.deepEqual(remembered(empty), [nothing, nothing]);
});

Deno.test("who leaves its flushing state will be flushed anew, who is gone is forgotten", () => {
  const ledger = full();
  ledger.settle(desired({ [one]: true, [two]: false }));
  assert.deepEqual(remembered(ledger), [
    { flushed: true, requested: true, before: 10 },
    { flushed: false, requested: true, before: 20 },
  ]);
  ledger.settle(desired({ [two]: true }));
  assert.deepEqual(remembered(ledger), [nothing, {
    ...{ flushed: false, requested: true, before: 20 },
  }]);
});

Deno.test("who was not looked at since the start is not flushed again for what it was before", () => {
  const ledger = full();
  ledger.settle(desired({ [one]: "kept", [two]: "kept" }));
  ledger.settle(desired({ [one]: true, [two]: false }));
  assert.deepEqual([ledger.isFlushed(id, one), ledger.isFlushed(id, two)], [true, false]);
});

Deno.test("each kind of mark is settled though there is no other", () => {
  const kinds: ((ledger: Ledger) => void)[] = [
    (ledger) => ledger.flushed(id, one),
    (ledger) => ledger.request(id, one),
    (ledger) => ledger.takingDown(id, one, 5),
  ];
  for (const mark of kinds) {
    const ledger = new Ledger();
    mark(ledger);
    ledger.settle(desired({ [two]: true }));
    assert.deepEqual(remembered(ledger), [nothing, nothing]);
  }
});

Deno.test("VIPs that are not desired any more are forgotten, and all with another VPP", () => {
  const ledger = full();
  ledger.keepVips(new Set([id]));
  assert.deepEqual(remembered(ledger), remembered(full()));
  ledger.keepVips(new Set(["another"]));
  assert.deepEqual(remembered(ledger), [nothing, nothing]);
  const other = full();
  other.clear();
  assert.deepEqual(remembered(other), [nothing, nothing]);
});

Deno.test("what is known of flushes is told, and known again by the next process", () => {
  const told = new Map<string, readonly string[]>();
  const memory = (restored: readonly Flushes[]) => ({
    restored,
    changed: ({ vip, addresses }: Flushes) => void told.set(vip, addresses),
  });
  const first = new Ledger(memory([]));
  first.flushed("v", "10.0.0.1");
  first.flushed("v", "10.0.0.2");
  first.flushed("w", "10.0.0.1");
  assert.deepEqual([...told], [["v", ["10.0.0.1", "10.0.0.2"]], ["w", ["10.0.0.1"]]]);
  const next = new Ledger(memory([{ vip: "v", addresses: ["10.0.0.1"] }]));
  assert.deepEqual(
    [next.isFlushed("v", "10.0.0.1"), next.isFlushed("v", "10.0.0.2")],
    [true, false],
  );
  told.clear();
  next.flushed("v", "10.0.0.1");
  assert.equal(told.size, 0, "nothing new");
  next.keepVips(new Set(["w"]));
  assert.deepEqual([...told], [["v", []]]);
  first.clear();
  assert.deepEqual([...told], [["v", []], ["w", []]]);
});

Deno.test("that servers left their flushing state is told, and nothing else is when all stay", () => {
  const told: Flushes[] = [];
  const ledger = new Ledger({
    restored: [{ vip: id, addresses: [one, two] }],
    changed: (flushes) => void told.push(flushes),
  });
  ledger.settle(desired({ [one]: true, [two]: true }));
  ledger.request("another", one);
  ledger.settle({ ...desired({ [one]: false }), id: "another" });
  assert.deepEqual(told, []);
  ledger.settle(desired({ [one]: true, [two]: false }));
  assert.deepEqual(told, [{ vip: id, addresses: [one] }]);
});
