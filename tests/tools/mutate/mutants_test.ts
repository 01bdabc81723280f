import { deepEqual, equal } from "node:assert/strict";
import { mutantsOf, mutate } from "../../../tools/mutate/mutants.ts";

/** The replaced lines of a source of one line, in the order of their places. */
function changesOf(text: string): string[] {
  return mutantsOf("lib/a/x.ts", text).map(({ replacement }) => replacement).sort();
}

const cases: Readonly<Record<string, readonly string[]>> = {
  "f(a < b);": [";", "f(a <= b);"],
  "f(a >= b);": [";", "f(a > b);"],
  "f(a === b);": [";", "f(a !== b);"],
  "f(a && b);": [";", "f(a || b);"],
  "f(!a);": [";", "f(a);"],
  "const a = b ? c : d;": ["const a = false ? c : d;", "const a = true ? c : d;"],
  "while (a) {}": ["while (false) {}"],
  "const a = 0x7f;": ["const a = 0x80;"],
  "const a = 1_000;": ["const a = 1001;"],
  "const a = 1n;": ["const a = 2n;"],
  "const a = true;": ["const a = false;"],
  'const a = "L4CON";': ['const a = "L4CONx";'],
  'const a = "vpp-lbsync-done";': ['const a = "vpp-lbsync-donex";'],
  "const a = b + c;": ["const a = b - c;"],
  "const a = b & c;": ["const a = b | c;"],
  "const a = -b;": ["const a = b;"],
  "a++;": [";", "a--;"],
  "const a = b ?? c;": ["const a = b;"],
  "const a = b?.c;": ["const a = b.c;"],
  "const a = b?.[c];": ["const a = b[c];"],
  "const a = b?.();": ["const a = b();"],
  "const a = Math.min(b, c);": ["const a = Math.max(b, c);"],
  "const a = b.some(c);": ["const a = b.every(c);"],
  "const a = b(c, d.e);": ["const a = b(d.e, c);"],
  "const a = new B(c, d);": ["const a = new B(d, c);"],
  "const a = () => b();": ["const a = () => undefined;"],
};

for (const [text, changes] of Object.entries(cases)) {
  Deno.test(`mutants of: ${text}`, () => deepEqual(changesOf(text), changes));
}

Deno.test("a condition is decided both ways, which says all that its negation says", () => {
  deepEqual(changesOf("if (a === b) return;"), ["if (false) return;", "if (true) return;"]);
  deepEqual(changesOf("if (!a) return;"), ["if (false) return;", "if (true) return;"]);
});

Deno.test("types, imports, texts for people and debug records have no mutants", () => {
  for (
    const text of [
      "type A = 1 | true;",
      "interface A { b: 1; }",
      "const a = b as 1;",
      'import a from "./some-file.ts";',
      'export { a } from "./some-file.ts";',
      'const a = "cannot read it";',
      "const a = `some ${b} text`;",
      'const a = "text " + b;',
      "const a = { 1: b };",
      'log.debug("vpp-api-send", { a: 1 + b });',
      "while (true) {}",
      "super(a);",
    ]
  ) {
    deepEqual(changesOf(text), [], text);
  }
});

Deno.test("what stands in for a missing item of a list is not changed, other fallbacks are", () => {
  deepEqual(changesOf("const a = b[c] ?? 0;"), ["const a = b[c];"]);
  deepEqual(changesOf("const a = b.get(c) ?? 0;"), [
    "const a = b.get(c) ?? 1;",
    "const a = b.get(c);",
  ]);
});

Deno.test("an exit is left out only where the branch does something before", () => {
  const exits = (text: string) =>
    mutantsOf("lib/a/x.ts", text).filter(({ operator }) => operator === "removed exit").length;
  equal(exits("function f() { if (a) return; b = c; }"), 0);
  equal(exits("function f() { if (a) { return; } b = c; }"), 0);
  equal(exits("function f() { if (a) { d = e; return; } b = c; }"), 1);
  equal(exits("function f() { d = e; return b; }"), 0);
  equal(exits("switch (a) { case 1: b(); break; case 2: c(); break; }"), 1);
  equal(exits("function f() { switch (a) { case 1: b(); return; } c(); }"), 1);
});

Deno.test("neighbouring statements are exchanged if both call something", () => {
  const exchanges = (text: string) =>
    mutantsOf("lib/a/x.ts", text).filter(({ operator }) => operator === "exchanged statements")
      .map(({ replacement }) => replacement);
  deepEqual(exchanges("a();\nb();"), ["b(); a();"]);
  deepEqual(exchanges("a = 1;\nb();"), []);
  deepEqual(exchanges("a();\na();"), []);
  deepEqual(exchanges("a();\nconst b = c();"), []);
});

Deno.test("a loop's head never runs backwards or for ever", () => {
  deepEqual(changesOf("for (let i = 0; i < n; i++) {}"), [
    "for (let i = 0; false; i++) {}",
    "for (let i = 0; i <= n; i++) {}",
    "for (let i = 1; i < n; i++) {}",
  ]);
});

Deno.test("of a long list of numbers every sixteenth is changed", () => {
  equal(changesOf(`const a = [${Array(16).fill(7).join(", ")}];`).length, 16);
  equal(changesOf(`const a = [${Array(33).fill(7).join(", ")}];`).length, 3);
});

Deno.test("a mutant knows its place, and changes the text there alone", () => {
  const text = "const a = 1;\n  if (b < 2) {\n    c();\n  }\n";
  const mutant = mutantsOf("lib/a/x.ts", text).find(({ text }) => text === "<=");
  const { line, column, original, replacement } = mutant ?? {};
  deepEqual({ line, column }, { line: 2, column: 9 });
  deepEqual({ original, replacement }, { original: "if (b < 2) {", replacement: "if (b <= 2) {" });
  equal(mutant && mutate(text, mutant), text.replace("<", "<="));
});
