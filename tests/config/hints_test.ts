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

Deno.test("an entry of a list without its dash is told from a key between two levels", () => {
  const pools = "pools:\n  - name: p\n    backends: {}\n";
  const hint =
    "; it is indented by 2 like the dashes above it, and begins with none; the rest by 4";
  assert.ok(said(`${pools}  name: q\n`).endsWith(`${hint} or 0`), said(`${pools}  name: q\n`));
  assert.match(
    said(`${pools}   name: q\n`),
    /without - indicator, at "name: q"; it is indented by 3, what stands above it by 4 or 2$/,
  );
});
