import assert from "node:assert/strict";
import { isSameWanted, type Wanted, wantedNow } from "../../lib/simulation/desired.ts";
import { type Change, changeOf, Reasons } from "../../lib/simulation/reasons.ts";
import { Bench, fail, pass, sketch } from "../checker/support/bench.ts";

const config = sketch({
  backends: { a: {}, b: {} },
  frontends: { f: [{ a: 100, b: 50 }] },
});
const windowMs = 100;

/** What is desired while both backends are up, and what while `a` is down. */
function desires(): { up: Wanted; down: Wanted; untested: Wanted } {
  using bench = new Bench(config);
  const untested = wantedNow(bench.checker);
  bench.probe("a", pass);
  bench.probe("b", pass);
  const up = wantedNow(bench.checker);
  for (let i = 0; i < 3; i++) bench.probe("a", fail);
  return { up, down: wantedNow(bench.checker), untested };
}

const address = (last: number) => {
  const bytes = new Uint8Array(16);
  bytes.set([10, 0, 0, last]);
  return { family: 0, bytes };
};
const vip = new Uint8Array(16);
vip.set([192, 0, 2, 0]);
const key = { pfx: { address: { family: 0, bytes: vip }, length: 32 }, protocol: 6, port: 80 };

/** The change that a request asks for. */
function asked(name: string, fields: Readonly<Record<string, unknown>>): Change {
  const change = changeOf(name, fields);
  assert.ok(change);
  return change;
}

const weigh = (last: number, weight: number, is_flush = false) =>
  asked("lb_as_set_weight", { ...key, as_address: address(last), weight, is_flush });
const addServer = (last: number, weight: number) =>
  asked("lb_add_del_as_v2", { ...key, as_address: address(last), weight, is_del: false });
const deleteServer = (last: number) =>
  asked("lb_add_del_as_v2", { ...key, as_address: address(last), weight: 0, is_del: true });
const addVip = (encap: number, sticky: boolean) =>
  asked("lb_add_del_vip_v2", { ...key, encap, src_ip_sticky: sticky, is_del: false });
const deleteVip = asked("lb_add_del_vip_v2", { ...key, encap: 0, is_del: true });

function bed() {
  let now = 0;
  const reasons = new Reasons(() => now, () => windowMs);
  return { reasons, wait: (ms: number) => now += ms, ...desires() };
}

Deno.test("what is desired has its reason", () => {
  const { reasons, up } = bed();
  reasons.sample(up);
  assert.equal(reasons.against(addVip(0, false)), undefined);
  assert.equal(reasons.against(addServer(0, 100)), undefined);
  assert.equal(reasons.against(addServer(1, 50)), undefined);
  assert.equal(reasons.against(weigh(0, 100)), undefined);
  assert.equal(changeOf("lb_vip_dump", {}), undefined);
});

Deno.test("a weight that is not desired, and was not for a while, has none", () => {
  const { reasons, up, down, wait } = bed();
  reasons.sample(up);
  reasons.against(addVip(0, false));
  assert.equal(reasons.against(weigh(0, 0)), "weight 0 was not desired");
  wait(10);
  reasons.sample(down);
  assert.equal(reasons.against(weigh(0, 0)), undefined);
  assert.equal(reasons.against(weigh(0, 100)), undefined, "it may have been sent before");
  wait(windowMs + 1);
  reasons.sample(down);
  assert.equal(reasons.against(weigh(0, 100)), "weight 100 was not desired");
  assert.equal(reasons.against(weigh(7, 0)), "weight 0 was not desired", "a strange server");
});

Deno.test("a kept weight may be added as it was, or as 0, and is never set", () => {
  const { reasons, untested, up, wait } = bed();
  reasons.sample(up);
  reasons.against(addVip(0, false));
  reasons.against(addServer(0, 100));
  wait(windowMs + 1);
  reasons.sample(untested);
  wait(windowMs + 1);
  reasons.sample(untested);
  assert.equal(reasons.against(addServer(0, 100)), undefined);
  assert.equal(reasons.against(addServer(1, 0)), undefined);
  assert.equal(reasons.against(addServer(1, 50)), "weight 50 was not desired");
  assert.equal(reasons.against(weigh(0, 0)), "weight 0 was not desired");
});

Deno.test("where there is nothing to keep, a server is added as it was found before", () => {
  const { reasons, untested } = bed();
  const restored = new Map([...untested].map(([name, vip]) => {
    const servers = [...vip.servers].map(([address, server]) =>
      [address, { ...server, otherwise: 70 }] as const
    );
    return [name, { ...vip, servers: new Map(servers) }];
  }));
  assert.equal(isSameWanted(untested, restored), false);
  reasons.sample(restored);
  reasons.against(addVip(0, false));
  assert.equal(reasons.against(addServer(0, 0)), "weight 0 was not desired");
  assert.equal(reasons.against(addServer(1, 70)), undefined);
});

Deno.test("a flush needs an entry into a flushing state, or an operator, each once", () => {
  const { reasons, up, down } = bed();
  reasons.sample(up);
  reasons.against(addVip(0, false));
  assert.equal(reasons.against(weigh(0, 100, true)), "nobody asked for a flush");
  reasons.sample(down);
  assert.equal(reasons.against(weigh(0, 0, true)), undefined);
  assert.equal(reasons.against(weigh(0, 0, true)), "flush 2, for 1 reasons at most");
  reasons.flushAsked("192.0.2.0/32 6 80", "10.0.0.1");
  assert.equal(reasons.against(weigh(1, 50, true)), undefined);
  assert.match(reasons.against(weigh(1, 50, true)) ?? "", /flush 2, for 1/);
  reasons.lifeBegan();
  assert.equal(reasons.against(weigh(1, 50, true)), "flush 3, for 2 reasons at most");
});

Deno.test("flows that somebody else let in may be moved once more", () => {
  const { reasons, down } = bed();
  reasons.sample(down);
  assert.equal(reasons.against(weigh(0, 0, true)), undefined);
  reasons.weightAltered("192.0.2.0/32 6 80", "10.0.0.0", 0);
  assert.equal(reasons.against(weigh(0, 0, true)), "flush 2, for 1 reasons at most");
  reasons.weightAltered("192.0.2.0/32 6 80", "10.0.0.0", 33);
  assert.equal(reasons.against(weigh(0, 0, true)), "flush 3, for 2 reasons at most");
  reasons.weightAltered("192.0.2.0/32 6 80", "10.0.0.0", 33);
  reasons.weightAltered("192.0.2.0/32 6 80", "10.0.0.0", 33);
  assert.equal(reasons.against(weigh(0, 0, true)), undefined);
});

Deno.test("servers and VIPs go when they are not desired any more, or in the way", () => {
  const { reasons, up, wait } = bed();
  reasons.sample(up);
  reasons.against(addVip(0, false));
  assert.equal(reasons.against(deleteServer(0)), "the server is desired");
  assert.equal(reasons.against(deleteServer(9)), undefined);
  assert.equal(reasons.against(deleteVip), "a frontend asks for this VIP as it is");
  assert.equal(reasons.against(addVip(1, false)), "no frontend asks for such a VIP");
  assert.equal(reasons.against(addVip(0, true)), "no frontend asks for such a VIP");
  assert.equal(reasons.against(deleteVip), undefined, "it is another one now");
  reasons.vppStarted();
  wait(windowMs + 1);
  reasons.sample(new Map());
  reasons.against(addVip(0, false));
  wait(windowMs + 1);
  reasons.sample(new Map());
  assert.equal(reasons.against(deleteVip), undefined);
  assert.equal(reasons.against(addServer(0, 100)), "weight 100 was not desired");
});

Deno.test("who knows nothing of a server takes nothing from it", () => {
  const { up, down } = desires();
  const known = new Set<string>();
  const reasons = new Reasons(() => 0, () => windowMs, (address) => known.has(address));
  reasons.sample(up);
  reasons.against(addVip(0, false));
  reasons.against(addServer(0, 50));
  assert.equal(reasons.against(weigh(0, 100)), undefined, "more is no harm");
  reasons.sample(down);
  assert.match(reasons.against(weigh(0, 0)) ?? "", /^nothing is known of the server/);
  known.add("10.0.0.1");
  assert.equal(reasons.against(weigh(0, 0)), undefined);
});
