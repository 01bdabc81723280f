import assert from "node:assert/strict";
import { prefixOf } from "../../lib/port/prefix.ts";
import { sharesOf } from "./support/peer_shares_of.ts";

const here = prefixOf("127.0.0.1");
const alsoHere = prefixOf("::1");
const [a, b, c] = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map(prefixOf);
assert.ok(a && b && c);

Deno.test("strangers share what is not reserved, each prefix up to its limit", () => {
  const shares = sharesOf({ total: 6, perPrefix: 2, reserved: 2 });
  for (const prefix of [a, a, b]) {
    assert.equal(shares.obstacle(prefix), undefined);
    shares.take(prefix);
  }
  assert.deepEqual([shares.obstacle(a), shares.obstacle(b)], ["prefix", undefined]);
  shares.take(b);
  assert.equal(shares.obstacle(c), "total", "two are reserved");
  for (let i = 0; i < 2; i++) {
    assert.equal(shares.take(here), undefined);
  }
  assert.deepEqual([shares.obstacle(here), shares.obstacle(alsoHere)], ["total", "total"]);
  assert.deepEqual([shares.budget.used, shares.of(a), shares.of(c), shares.of(here)], [6, 2, 0, 2]);
});

Deno.test("what this machine has beyond its reserve is not there for strangers", () => {
  const shares = sharesOf({ total: 6, perPrefix: 2, reserved: 1 });
  for (let i = 0; i < 3; i++) shares.take(here);
  assert.equal(shares.obstacle(here), "prefix", "half of all");
  for (let i = 0; i < 2; i++) shares.take(alsoHere);
  assert.equal(shares.obstacle(a), undefined);
  shares.take(a);
  assert.equal(shares.obstacle(a), "total");
  shares.giveBack(here);
  assert.equal(shares.obstacle(a), undefined);
});

Deno.test("this machine may have half of all, or what a prefix may have if that is more", () => {
  const table: [total: number, perPrefix: number, here: number][] = [[6, 2, 3], [7, 2, 4], [
    6,
    5,
    5,
  ]];
  for (const [total, perPrefix, most] of table) {
    const shares = sharesOf({ total, perPrefix, reserved: 0 });
    assert.deepEqual([shares.limitOf(here), shares.limitOf(a)], [most, perPrefix]);
  }
});

Deno.test("what is given back is free again, for the same and for others", () => {
  const shares = sharesOf({ total: 2, perPrefix: 2, reserved: 0 });
  for (const prefix of [a, a]) shares.take(prefix);
  shares.giveBack(a);
  assert.deepEqual([shares.of(a), shares.budget.used, shares.obstacle(b)], [1, 1, undefined]);
  assert.equal(shares.prefixes, 1);
  shares.take(here);
  assert.equal(shares.prefixes, 2);
  shares.giveBack(here);
  shares.giveBack(a);
  assert.deepEqual([shares.of(a), shares.budget.used, shares.prefixes], [0, 0, 0]);
});

Deno.test("what is not to be had is not counted", () => {
  const shares = sharesOf({ total: 4, perPrefix: 1, reserved: 0 });
  assert.deepEqual([shares.take(a), shares.take(a)], [undefined, "prefix"]);
  assert.deepEqual([shares.of(a), shares.budget.used], [1, 1]);
});

Deno.test("what this machine has given back is not lent to strangers twice", () => {
  const shares = sharesOf({ total: 4, perPrefix: 2, reserved: 1 });
  for (let i = 0; i < 2; i++) shares.take(here);
  for (let i = 0; i < 2; i++) shares.giveBack(here);
  assert.deepEqual([a, a, b, b].map((prefix) => shares.take(prefix)), [
    undefined,
    undefined,
    undefined,
    "total",
  ]);
});

/** Claims of a budget; what was lost is written down, as `loser to newcomer`. */
function claims(limits: Parameters<typeof sharesOf>[0]) {
  const shares = sharesOf(limits);
  const lost: string[] = [];
  return {
    shares,
    lost,
    /** Whether it was to be had; and what gives it back. */
    claim(peer: string, name: string, yields = true) {
      const giveWay = ({ text }: { text: string }) => void lost.push(`${name} to ${text}`);
      const claim = shares.claim(prefixOf(peer), yields ? giveWay : undefined);
      return typeof claim === "string" ? claim : () => claim.giveBack();
    },
  };
}

Deno.test("when others come the share of who has most shrinks, down to what they have", () => {
  const { shares, lost, claim } = claims({ total: 8, perPrefix: 4, reserved: 2 });
  for (const name of ["a1", "a2", "a3", "a4"]) claim("192.0.2.1", name);
  assert.equal(claim("192.0.2.1", "a5"), "prefix", "its own limit holds");
  for (const name of ["b1", "b2"]) claim("192.0.2.2", name);
  claim("192.0.2.3", "c1");
  claim("192.0.2.3", "c2");
  assert.deepEqual(lost, ["a4 to 192.0.2.3/32", "a3 to 192.0.2.3/32"]);
  assert.equal(claim("192.0.2.3", "c3"), "total", "all have two");
  claim("192.0.2.4", "d1");
  assert.equal(lost.length, 3);
  assert.equal(claim("192.0.2.4", "d2"), "total", "it would have as many as who has most");
  assert.equal(shares.budget.used, 6);
});

Deno.test("a claim that has given way is given back no second time", () => {
  const { shares, lost, claim } = claims({ total: 3, perPrefix: 3, reserved: 0 });
  const [, , last] = ["a1", "a2", "a3"].map((name) => claim("192.0.2.1", name));
  const other = claim("192.0.2.2", "b1");
  assert.deepEqual(lost, ["a3 to 192.0.2.2/32"]);
  assert.ok(typeof last === "function" && typeof other === "function");
  last();
  last();
  assert.equal(shares.budget.used, 3);
  other();
  other();
  assert.equal(shares.budget.used, 2);
  claim("192.0.2.1", "a4");
  claim("192.0.2.3", "c1");
  assert.deepEqual(lost.slice(1), ["a4 to 192.0.2.3/32"], "what is gone does not give way");
});

Deno.test("what cannot be taken back, and what this machine has, gives way to nobody", () => {
  const { lost, claim } = claims({ total: 6, perPrefix: 6, reserved: 1 });
  for (const name of ["h1", "h2", "h3"]) claim("127.0.0.1", name);
  for (const name of ["a1", "a2", "a3"]) claim("192.0.2.1", name, false);
  assert.equal(claim("192.0.2.2", "b1"), "total");
  assert.deepEqual(lost, []);
});

Deno.test("of this machine's own, who has most gives way where no stranger can", () => {
  const { lost, claim } = claims({ total: 6, perPrefix: 3, reserved: 1 });
  for (const name of ["h1", "h2", "h3"]) claim("127.0.0.1", name);
  for (const name of ["a1", "a2", "a3"]) claim("unix:alice", name);
  claim("unix:root", "r1");
  assert.deepEqual(lost, ["h3 to unix:root"]);
  claim("unix:root", "r2");
  assert.deepEqual(lost.slice(1), ["a3 to unix:root"]);
  assert.equal(claim("unix:root", "r3"), "total", "all have two");
  assert.equal(claim("192.0.2.1", "s1"), "total", "and none gives way to a stranger");
});

Deno.test("who comes from this machine is given way to by any stranger", () => {
  const { lost, claim } = claims({ total: 4, perPrefix: 2, reserved: 1 });
  claim("127.0.0.1", "h1");
  for (const peer of ["192.0.2.1", "192.0.2.2", "192.0.2.3"]) claim(peer, peer);
  claim("::1", "h2");
  assert.equal(lost.length, 1);
  assert.match(lost[0] ?? "", / to ::1\/128$/);
});
