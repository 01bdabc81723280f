import assert from "node:assert/strict";
import { Suggester } from "../../lib/config/mod.ts";

Deno.test("the known word that is nearest is suggested, if it is near enough", () => {
  const hint = (word: string, ...known: string[]) =>
    /"(.*)"/.exec(new Suggester().hint(word, known))?.[1];
  // One change for up to five letters, then one more for every three.
  assert.equal(hint("a", "b"), "b");
  assert.equal(hint("a", "bc"), undefined);
  assert.equal(hint("abcde", "abcdX"), "abcdX");
  assert.equal(hint("abcde", "abcXX"), undefined);
  assert.equal(hint("abcdef", "abcdXX"), "abcdXX");
  assert.equal(hint("abcdef", "abcXXX"), undefined);
  assert.equal(hint("abcdefghi", "abcdefXXX"), "abcdefXXX");
  assert.equal(hint("abcdefghi", "abcdeXXXX"), undefined);
  // Each of the four changes counts one.
  for (const near of ["abdc", "abc", "abcde", "abxd", "ABCD", "bcd", "xabcd", "bacd"]) {
    assert.equal(hint("abcd", near), near);
  }
  for (const far of ["badc", "ab", "abcdef", "xbxd", "dbca", "cdab"]) {
    assert.equal(hint("abcd", far), undefined, far);
  }
  // The first of the nearest, and one that is equal but for its case above all.
  assert.equal(hint("abcdef", "abcdxx", "abcdex", "abcdey"), "abcdex");
  assert.equal(hint("abcdef", "abcdex", "ABCDEF"), "ABCDEF");
  assert.equal(hint("acb", "abc"), "abc");
  // Two letters in a row that are alike are no swap.
  assert.equal(hint("aab", "baa"), undefined);
  // Nor are two of which one has only moved.
  assert.equal(hint("ab", "ca"), undefined);
  assert.equal(hint("ab", "bc"), undefined);
  assert.equal(hint("abab", "bbaa"), undefined);
  assert.equal(hint("abcdefgh", "bahgfedc"), undefined);
  assert.equal(hint("x".repeat(64), "x".repeat(63)), "x".repeat(63));
  assert.equal(hint("x".repeat(65), "x".repeat(64)), undefined);
  assert.equal(new Suggester().hint("a", ["b"]), '; did you mean "b"?');
  assert.equal(new Suggester().hint("a", []), "");
});

Deno.test("suggestions stop after a million steps", () => {
  const suggester = new Suggester();
  // A word of another length takes one, this one three: itself, its letter and the pair.
  assert.equal(suggester.hint("a", Array<string>(999_997).fill("far-away")), "");
  assert.equal(suggester.hint("a", ["b"]), '; did you mean "b"?');
  assert.equal(suggester.hint("a", ["b"]), "");
});

Deno.test("a short text takes fewer steps, and the shortest some", () => {
  for (const [length, steps] of [[1, 10_000], [5_000, 10_000], [8_192, 16_384], [1e9, 1_000_000]]) {
    const suggester = new Suggester(length);
    const far = Array<string>((steps ?? 0) - 3).fill("far-away");
    assert.equal(suggester.hint("a", far), "");
    assert.equal(suggester.hint("a", ["b"]), '; did you mean "b"?', `${length}`);
    assert.equal(suggester.hint("a", ["b"]), "", `${length}`);
  }
});

Deno.test("long words take more steps, unless they are soon seen to be alike or apart", () => {
  const suggested = (word: string, known: readonly string[]) => {
    const suggester = new Suggester();
    suggester.hint(word, known);
    return suggester.hint("a", ["b"]) !== "";
  };
  // One change more than would do, at the very end: all 64 * 64 pairs are compared.
  const word = `a${"b".repeat(42)}${"c".repeat(21)}`;
  const far = (times: number) => Array<string>(times).fill(`d${"b".repeat(42)}${"e".repeat(21)}`);
  assert.equal(suggested(word, far(200)), true);
  assert.equal(suggested(word, far(300)), false);
  // Nothing alike, which is known after a third; and names that differ in a few letters.
  assert.equal(suggested("x".repeat(64), Array<string>(600).fill("y".repeat(64))), true);
  const names = Array.from({ length: 10_000 }, (_, i) => `backend-${i}.servers.example.com`);
  assert.match(
    new Suggester().hint("backend--9999.servers.example.com", names),
    /"backend-9999\.servers/,
  );
});
