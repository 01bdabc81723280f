import assert from "node:assert/strict";
import { checkDifference, isSame } from "../../lib/checker/same.ts";
import { ip } from "../support/ip.ts";
import { httpCheck } from "./support/bench.ts";

Deno.test("what one side has and the other lacks is a difference, unless it is undefined", () => {
  const same = (a: unknown, b: unknown) => [isSame(a, b), isSame(b, a)];
  assert.deepEqual(same({ a: 1 }, { a: 1 }), [true, true]);
  assert.deepEqual(same({ a: 1 }, { a: 1, b: 2 }), [false, false]);
  assert.deepEqual(same({ a: 1 }, { a: 1, b: undefined }), [true, true]);
  assert.deepEqual(same({ a: [1, 2] }, { a: [1] }), [false, false]);
  assert.deepEqual(same({ a: { b: ip("10.0.0.1") } }, { a: { b: ip("10.0.0.1") } }), [true, true]);
  assert.deepEqual(same(NaN, NaN), [true, true]);
  assert.deepEqual(same({}, null), [false, false]);
});

Deno.test("a source address that a check gets, or has no more, makes it another target", () => {
  const plain = httpCheck("web");
  const sourced = { ...plain, probeIpv4Source: ip("10.0.0.9") };
  assert.equal(checkDifference(plain, sourced), "target");
  assert.equal(checkDifference(sourced, plain), "target");
  assert.equal(checkDifference(sourced, { ...sourced }), undefined);
});

Deno.test("octets are the same if each is", () => {
  const octets = (...of: number[]) => Uint8Array.from(of);
  assert.ok(isSame(octets(1, 2), octets(1, 2)));
  for (const other of [octets(1, 3), octets(3, 2), octets(1), octets(1, 2, 3), [1, 2, 3], {}]) {
    assert.ok(!isSame(octets(1, 2), other) && !isSame(other, octets(1, 2)));
  }
});
