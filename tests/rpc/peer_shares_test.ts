import assert from "node:assert/strict";
import { prefixOf } from "../../lib/rpc/prefix.ts";
import { sharesOf } from "./peer_shares_of.ts";

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
