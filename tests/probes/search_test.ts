import assert from "node:assert/strict";
import fc from "fast-check";
import { RE2JS } from "re2js";
import { BodySearch } from "../../lib/probes/body_search.ts";
import { SlicedSearch } from "../../lib/probes/sliced_search.ts";
import { type Clock, FakeClock, systemClock } from "../../lib/time/mod.ts";

function inSlices(pattern: string, text: string, slice: number): boolean {
  const search = new SlicedSearch(RE2JS.compile(pattern).re2().prog, text);
  for (;;) {
    const found = search.advance(slice);
    if (found !== undefined) return found;
  }
}

const patterns = [
  "ok",
  "",
  "^$",
  "^ok",
  "ok$",
  "(?m)^ok$",
  "\\bok\\b",
  "\\Bok",
  "(?i)HEALTHY|o[kK]",
  "a(b|c)*d",
  "(?s)a.c",
  "a.c",
  "[^a-z]+b",
  "x{3,5}y?",
  "\\Aa|b\\z",
  "é+",
  "\\p{Greek}",
  "(a*)*b",
  "😀.",
];

Deno.test("searching in slices finds what searching at once finds", () => {
  const text = fc.string({
    unit: fc.constantFrom(..."okabcdxy \nAOK", "é", "α", "😀", "\ud800"),
    maxLength: 40,
  });
  fc.assert(
    fc.property(fc.constantFrom(...patterns), text, fc.integer({ min: 1, max: 50 }), (p, t, n) => {
      assert.equal(inSlices(p, t, n), RE2JS.compile(p).test(t), `${p} in ${JSON.stringify(t)}`);
    }),
    { seed: 20261121, numRuns: 3000 },
  );
});

Deno.test("words, lines and texts begin and end where they do for re2js", () => {
  const edges = [..."/09:@AZ[_`az{ \n", "é", ""];
  const conditions = ["\\b", "\\B", "^", "$", "(?m)^", "(?m)$", "\\A", "\\z"];
  for (const before of edges) {
    for (const after of edges) {
      for (const condition of conditions) {
        for (const pattern of [`${condition}x`, `x${condition}`]) {
          const text = `${before}x${after}`;
          const expected = RE2JS.compile(pattern).test(text);
          assert.equal(
            inSlices(pattern, text, 3),
            expected,
            `${pattern} in ${JSON.stringify(text)}`,
          );
        }
      }
    }
  }
});

Deno.test("a small search is over at once", () => {
  const found: boolean[] = [];
  const search = new BodySearch(new FakeClock());
  search.find("o[k]", new TextEncoder().encode("all ok"), (result) => found.push(result));
  search.find("nok", new TextEncoder().encode("all ok"), (result) => found.push(result));
  assert.deepEqual(found, [true, false]);
});

/** Worst for re2js: each character may start a match, and none ends one. */
const costly = "(?s)[ab].{1000}[xy]";
const large = new TextEncoder().encode("ab".repeat(32768));

Deno.test("a costly search takes many turns, and none after it was ended", () => {
  let next: (() => void) | undefined;
  const clock: Clock = {
    now: () => 0,
    wall: () => 0,
    after(_delayMs, run) {
      next = run;
      return { cancel: () => next = undefined };
    },
    turn: new FakeClock().turn,
  };
  let results = 0;
  const end = new BodySearch(clock).find(costly, large, () => results++);
  for (let turn = 0; turn < 20; turn++) {
    assert.ok(next);
    next();
  }
  end();
  assert.equal(next, undefined);
  assert.equal(results, 0);
});

Deno.test("a costly search comes to its end in turns", async () => {
  const text = `${"ab".repeat(2000)}x`;
  const found = await new Promise<boolean>((resolve) => {
    new BodySearch(systemClock).find(costly, new TextEncoder().encode(text), resolve);
  });
  assert.equal(found, true);
});
