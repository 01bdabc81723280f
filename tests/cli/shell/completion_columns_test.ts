import assert from "node:assert/strict";
import { formatColumns } from "../../../lib/cli/shell/completion.ts";

Deno.test("words fill columns from top to bottom", () => {
  assert.equal(formatColumns(["a", "b", "c", "d", "e"], 8), "a  c  e\nb  d");
});

Deno.test("a terminal narrower than a word gets one word a line", () => {
  assert.equal(formatColumns(["abcdef", "gh"], 3), "abcdef\ngh");
});

Deno.test("wide characters count double", () => {
  assert.equal(formatColumns(["日本", "ab", "c"], 12), "日本  c\nab");
});

Deno.test("no words are no lines", () => {
  assert.equal(formatColumns([], 80), "");
});
