import assert from "node:assert/strict";
import { isAlike } from "../../lib/web/is_alike.ts";

Deno.test("values are alike if they would be the same as JSON, but for the order of members", () => {
  const values: readonly unknown[] = [
    ...[0, 1, "", "1", true, false, null, undefined, [], {}, [1], [1, 2], [2, 1], [[1]]],
    ...[{ a: 1 }, { a: "1" }, { b: 1 }, { a: 1, b: 1 }, { a: { b: [1] } }, { a: { b: [2] } }],
    ...[{ a: undefined }, { constructor: 1 }, { toString: 1 }],
  ];
  for (const [i, one] of values.entries()) {
    for (const [j, other] of values.entries()) {
      assert.equal(isAlike(one, structuredClone(other)), i === j, JSON.stringify([one, other]));
    }
  }
  assert.ok(isAlike({ a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 }));
});
