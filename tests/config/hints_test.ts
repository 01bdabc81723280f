import assert from "node:assert/strict";
import { formatOutcome, parseConfig } from "../../lib/config/mod.ts";

/** What is said of a text, without the summary. */
function said(text: string): string {
  return formatOutcome(parseConfig(text, "f")).split("\n")[0] ?? "";
}

Deno.test("a comma is asked for only where a key follows a value", () => {
  assert.match(said("maglev: { a: 1 b: 2 }\n"), /; a comma belongs before "b:"$/);
  assert.match(said("maglev: { a: - 1 }\n"), /, at "- 1 }"$/);
});

Deno.test("columns that would fit are named", () => {
  assert.match(
    said("    maglev:\n  vpp: {}\n"),
    /; it is indented by 2, what stands above it by 4$/,
  );
});
