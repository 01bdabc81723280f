import assert from "node:assert/strict";
import fc from "fast-check";
import { RE2JS } from "re2js";
import { BodySearch } from "../../lib/probes/body_search.ts";
import { SlicedSearch } from "../../lib/probes/sliced_search.ts";
import { type Clock, FakeClock, systemClock, type Timer } from "../../lib/time/mod.ts";

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

/** All texts of up to `longest` of these letters. */
function* texts(letters: string, longest: number): Generator<string> {
  yield "";
  if (longest === 0) return;
  for (const rest of texts(letters, longest - 1)) for (const letter of letters) yield letter + rest;
}

Deno.test("what was nearly found before is forgotten", () => {
  for (const pattern of ["aab", "aaab", "abab", "(?:aa|ab)b", "a{2,3}b"]) {
    const regexp = new RegExp(pattern);
    for (const text of texts("abx", 6)) {
      assert.equal(inSlices(pattern, text, 1000), regexp.test(text), `${pattern} in ${text}`);
    }
  }
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

/** A clock with one timer, which a test has run. */
class Turns implements Clock {
  #next: (() => void) | undefined;
  readonly turn = new FakeClock().turn;

  now(): number {
    return 0;
  }
  wall(): number {
    return 0;
  }
  after(_delayMs: number, run: () => void): Timer {
    assert.equal(this.#next, undefined, "more than one timer");
    this.#next = run;
    return { cancel: () => this.#next = undefined };
  }
  /** Whether a turn was asked for. */
  get asked(): boolean {
    return this.#next !== undefined;
  }
  /** Runs the timer. */
  take(): void {
    const next = this.#next;
    assert.ok(next, "no turn was asked for");
    this.#next = undefined;
    next();
  }
}

Deno.test("a costly search takes many turns, and none after it was ended", () => {
  const turns = new Turns();
  let results = 0;
  const end = new BodySearch(turns).find(costly, large, () => results++);
  for (let turn = 0; turn < 20; turn++) turns.take();
  end();
  assert.equal(turns.asked, false);
  assert.equal(results, 0);
});

Deno.test("costly searches share the turns that one of them would take", () => {
  const turns = new Turns();
  const search = new BodySearch(turns);
  const ended: string[] = [];
  const begin = (name: string, bytes: number) =>
    search.find(costly, large.subarray(0, bytes), () => ended.push(name));
  const endLong = begin("long", large.length);
  begin("short", 2000);
  begin("short, too", 2000);
  const cancelled = begin("cancelled", 2000);
  cancelled();
  let count = 0;
  for (; ended.length < 2; count++) turns.take();
  assert.deepEqual(ended, ["short", "short, too"]);
  assert.equal(turns.asked, true);
  endLong();
  assert.equal(turns.asked, false);
  let alone = 0;
  for (begin("alone", 2000); ended.length < 3; alone++) turns.take();
  // Three took turns.
  assert.equal(count, 3 * alone);
  assert.equal(turns.asked, false);
});

Deno.test("a costly search comes to its end in turns", async () => {
  const text = `${"ab".repeat(2000)}x`;
  const found = await new Promise<boolean>((resolve) => {
    new BodySearch(systemClock).find(costly, new TextEncoder().encode(text), resolve);
  });
  assert.equal(found, true);
});
