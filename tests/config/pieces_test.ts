import fc from "fast-check";
import assert from "node:assert/strict";
import { Assembly, takeApart } from "../../lib/config/pieces.ts";

/** What comes of something that is taken apart here and put together on another thread. */
function copied(whole: unknown): unknown {
  const assembly = new Assembly();
  for (const piece of takeApart(whole)) assembly.add(structuredClone(piece));
  return assembly.whole;
}

Deno.test("plain data comes out as it was, in its order", () => {
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom(undefined, null, 0, "", true, 7n),
      fc.uint8Array({ maxLength: 3 }),
      fc.array(tie("tree"), { maxLength: 4 }),
      fc.dictionary(fc.constantFrom("a", "b", "c"), tie("tree"), { noNullPrototype: true }),
      fc.array(fc.tuple(fc.string(), tie("tree")), { maxLength: 4 }).map((all) => new Map(all)),
    ),
  }));
  fc.assert(
    fc.property(tree, (whole) => {
      assert.deepEqual(copied(whole), whole);
    }),
    { seed: 4711, numRuns: 500 },
  );
  const map = new Map([["b", 1], ["a", 2]]);
  assert.deepEqual([...copied(map) as typeof map], [...map]);
});

Deno.test("no piece has more than one of what there may be thousands of", () => {
  const bytes = Uint8Array.of(1, 2);
  const whole = { name: "x", all: new Map([["k", { list: [{ bytes }, { bytes }] }]]), none: [] };
  assert.deepEqual([...takeApart(whole)], [
    { of: -1, key: undefined, value: { name: "x", all: new Map(), none: [] } },
    { of: 0, key: "k", value: { list: [] } },
    { of: 2, key: 0, value: { bytes } },
    { of: 2, key: 1, value: { bytes } },
  ]);
  assert.equal(whole.all.size, 1, "what is taken apart stays as it was");
});
