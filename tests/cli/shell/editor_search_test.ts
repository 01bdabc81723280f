import assert from "node:assert/strict";
import {
  matchedLine,
  olderMatch,
  searchPrompt,
  startSearch,
  withQuery,
} from "../../../lib/cli/shell/editor.ts";

const history = ["show backends web1", "show version", "show backends web0"];

Deno.test("a search without a query shows the line it began with", () => {
  assert.equal(matchedLine(startSearch("half a line"), history), "half a line");
});

Deno.test("a query finds the newest line, searching again the older ones", () => {
  const first = withQuery(startSearch(""), history, "back");
  assert.equal(matchedLine(first, history), "show backends web1");
  const second = olderMatch(first, history);
  assert.equal(matchedLine(second, history), "show backends web0");
  assert.equal(olderMatch(second, history), second);
});

Deno.test("a query that nothing matches says so", () => {
  const failed = withQuery(startSearch("line"), history, "zzz");
  assert.equal(searchPrompt(failed), "(failed reverse-search) 'zzz': ");
  assert.equal(matchedLine(failed, history), "");
});
