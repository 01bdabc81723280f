import assert from "node:assert/strict";
import { splitWords } from "../../lib/cli/walk.ts";

function texts(line: string): string[] {
  return splitWords(line).words.map((word) => word.text);
}

Deno.test("blanks separate words, however many", () => {
  assert.deepEqual(texts("  show\t backends  "), ["show", "backends"]);
  assert.deepEqual(texts("quit"), ["quit"]);
  assert.deepEqual(texts("quit "), ["quit"]);
  assert.deepEqual(texts(" "), []);
});

Deno.test("quotes keep blanks, even in the middle of a word", () => {
  assert.deepEqual(texts(`show backends "my web" o'n e'`), ["show", "backends", "my web", "on e"]);
});

Deno.test("a backslash takes the next character literally, but not in single quotes", () => {
  assert.deepEqual(texts(String.raw`a\ b 'c\d' \"`), ["a b", String.raw`c\d`, '"']);
});

Deno.test("an empty pair of quotes is a word", () => {
  assert.deepEqual(texts(`show ""`), ["show", ""]);
});

Deno.test("an open quote is reported", () => {
  assert.equal(splitWords(`show "my`).openQuote, '"');
  assert.equal(splitWords(`show "my"`).openQuote, undefined);
});

Deno.test("words know where they stood", () => {
  assert.deepEqual(splitWords(`ab "c d"`).words, [
    { text: "ab", start: 0, end: 2 },
    { text: "c d", start: 3, end: 8 },
  ]);
});
