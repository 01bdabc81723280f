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

Deno.test("every quote that is not closed is told where it opens", () => {
  const lines = (text: string) => formatOutcome(parseConfig(text, "f")).split("\n").slice(0, -1);
  assert.deepEqual(lines(`m:\n  a: "x\n  b: 'y\n  c: "z"\n  d: 'z'\n  e: "`), [
    'f:2:6: YAML syntax: missing closing "quote, at "\\"x"',
    `f:3:6: YAML syntax: missing closing 'quote, at "'y"`,
    'f:6:6: YAML syntax: missing closing "quote, at "\\""',
  ]);
  // Each was looked for in the whole text once, which took minutes.
  const many = `m:\n${Array.from({ length: 5000 }, (_, i) => `  k${i}: "x\n`).join("")}`;
  const told = lines(many);
  assert.equal(told.length, 5000);
  assert.match(told[4321] ?? "", /^f:4323:10: YAML syntax: missing closing "quote, at "\\"x"$/);
});

Deno.test("columns that would fit are named", () => {
  assert.match(
    said("    maglev:\n  vpp: {}\n"),
    /; it is indented by 2, what stands above it by 4$/,
  );
  assert.match(
    said("\n    maglev:\n  vpp: {}\n"),
    /; it is indented by 2, what stands above it by 4$/,
  );
});

Deno.test("a line that is indented too deeply is named where there is one", () => {
  assert.match(
    said("a: b\n  c: d\n"),
    /; line 2 is indented deeper than line 1, which has its value already$/,
  );
  assert.match(said("a: ? b\nc: 1\n"), /, at "\? b"$/);
  assert.match(said("a: ? b"), /, at "\? b"$/);
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
  assert.match(said("a:\n  'x'\n  b\n"), /; it is indented by 2, what stands above it by 0$/);
});

Deno.test("what is forgotten within braces is named", () => {
  assert.match(
    said('m: { a: "::1" healthcheck: web }\n'),
    /; a comma belongs before "healthcheck:"$/,
  );
  assert.match(said("m: { a: x: 1, b: 2 }\n"), /; put text that has ": " in it in quotes$/);
  assert.match(
    said("m:\n  a: { b: {, c: {} }\n"),
    /; before the comma a value is missing, or the bracket that closes one$/,
  );
});

Deno.test("a dash among keys is told", () => {
  assert.match(
    said("a:\n  b: 1\n  - c: 1\n  d: 2\n"),
    /; a dash begins an entry of a list, and beside it stand keys without one$/,
  );
});

Deno.test("an odd blank in the indentation above is told with its line, one in a value is not", () => {
  const after = (line: string) => said(`a:\n  b: 1\n${line}\n  # why\n\n   f: 1\n`);
  assert.match(
    after("\u00a0\u00a0c: { d: 1 }"),
    /; a no-break space \(U\+00A0\) stands on line 3, where YAML wants a plain space$/,
  );
  assert.match(said("m:\n  a: @x\n  'b\u00a0: c': 1\n"), /; put the value in quotes$/, "below it");
  assert.match(after("  c: 'x\u00a0: y'"), /; line \d is indented deeper than|; it is indented by/);
});
