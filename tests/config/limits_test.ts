import assert from "node:assert/strict";
import * as forms from "../../lib/config/forms.ts";
import { readBytes } from "../../lib/config/load.ts";
import { healthcheck } from "../../lib/config/healthcheck_schema.ts";
import { formatProblem, parseConfig, parseDuration } from "../../lib/config/mod.ts";
import { LineIndex, printable, renderPath, show } from "../../lib/config/problems.ts";
import { describeScalar, formProblem, regexpProblem } from "../../lib/config/scalar.ts";
import { fileSchema } from "../../lib/config/schema.ts";
import { Suggester } from "../../lib/config/hints.ts";
import { head, problemsOf, valid } from "./valid.ts";

Deno.test("a value in a message is whole up to 64 characters, then cut to 60", () => {
  assert.equal(show("x".repeat(64)), `"${"x".repeat(64)}"`);
  assert.equal(show("x".repeat(65)), `"${"x".repeat(60)}…"`);
  const number = (length: number) => describeScalar({ kind: "number", text: "1".repeat(length) });
  assert.equal(number(40), `the number ${"1".repeat(40)}`);
  assert.equal(number(41), `the number ${"1".repeat(36)}…`);
});

Deno.test("keys that are hard to read are quoted in a path", () => {
  const at = (key: string | number) => renderPath({ parent: { parent: undefined, key: "a" }, key });
  assert.equal(at(3), "a[3]");
  assert.equal(at("zürich/1"), "a.zürich/1");
  assert.equal(at("a b"), 'a."a b"');
  assert.equal(at("x".repeat(128)), `a.${"x".repeat(128)}`);
  assert.equal(at("x".repeat(129)), `a."${"x".repeat(60)}…"`);
});

Deno.test("characters that do something to a terminal are escaped by their number", () => {
  assert.equal(printable("a\u001b\u202e\u2028é🦆"), "a\\u001b\\u202e\\u2028é🦆");
  assert.equal(printable("\u{e0001}\ud800"), "\\u{e0001}\ufffd");
});

Deno.test("texts may have just their greatest length", () => {
  const { healthchecker, frontends } = fileSchema.properties.maglev.properties;
  const { params } = healthcheck.properties;
  const samples = [
    [forms.name, "n", 128],
    [frontends.additionalProperties.properties.description, "d", 1024],
    [healthchecker.properties.netns, "n", 255],
    [params.properties.path, "/", 4096],
    [params.properties.host, "h", 255],
    [params.properties["server-name"], "s", 253],
    [params.properties["response-regexp"], "r", 1024],
  ] as const;
  for (const [form, sample, length] of samples) {
    assert.equal(formProblem(form, sample.repeat(length)), undefined);
    const problem = `must be at most ${length} characters long`;
    assert.equal(formProblem(form, sample.repeat(length + 1)), problem);
    assert.equal(formProblem(form, "\u0000"), `must be ${form["x-rule"]}`);
  }
  assert.equal(parseDuration("1s".repeat(32)), 32_000);
  assert.equal(parseDuration(`0${"1s".repeat(32)}`), undefined);
});

Deno.test("a regular expression may compile to just 256 instructions", () => {
  const problem = (length: number) => regexpProblem("a".repeat(length));
  const fits = Array.from({ length: 300 }, (_, i) => i).findLast((i) => !problem(i)) ?? 0;
  const tooBig = "must compile to at most 256 instructions (257 are needed)";
  assert.deepEqual([problem(fits), problem(fits + 1)], [undefined, tooBig]);
  const reason = `missing closing ): \`(${"a".repeat(300)}`.slice(0, 200);
  assert.equal(
    regexpProblem(`(${"a".repeat(300)}`),
    `must be a regular expression in RE2 syntax (${reason})`,
  );
  assert.equal(
    regexpProblem("(a"),
    "must be a regular expression in RE2 syntax (missing closing ): `(a`)",
  );
});

Deno.test("a place is the line and the column of an offset, at any line of any number", () => {
  for (let lines = 1; lines <= 9; lines++) {
    const text = Array.from({ length: lines }, (_, i) => "x".repeat(i % 3)).join("\n");
    let [line, column] = [1, 1];
    const index = new LineIndex(text);
    for (let at = 0; at <= text.length; at++) {
      assert.deepEqual(index.place(at), { line, column }, `${JSON.stringify(text)}, ${at}`);
      [line, column] = text[at] === "\n" ? [line + 1, 1] : [line, column + 1];
    }
    assert.deepEqual(index.place(-1), { line: 1, column: 1 });
    assert.deepEqual(index.place(text.length + 5), index.place(text.length));
  }
});

Deno.test("a problem of the file as a whole has no place", () => {
  const problem = {
    stage: "parse",
    file: "f",
    line: 0,
    column: 0,
    path: "",
    message: "m",
  } as const;
  assert.equal(formatProblem(problem), "f: m");
  assert.equal(formatProblem({ ...problem, line: 1, column: 2 }), "f:1:2: m");
  assert.equal(formatProblem({ ...problem, line: 1, column: 2, path: "a.b" }), "f:1:2: a.b: m");
});

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
  assert.equal(hint("abab", "bbaa"), undefined);
  assert.equal(hint("abcdefgh", "bahgfedc"), undefined);
  assert.equal(hint("x".repeat(64), "x".repeat(63)), "x".repeat(63));
  assert.equal(hint("x".repeat(65), "x".repeat(64)), undefined);
  assert.equal(new Suggester().hint("a", ["b"]), '; did you mean "b"?');
  assert.equal(new Suggester().hint("a", []), "");
});

Deno.test("suggestions stop after 100,000 comparisons", () => {
  const suggester = new Suggester();
  const far = Array<string>(99_999).fill("far-away");
  assert.equal(suggester.hint("a", far), "");
  assert.equal(suggester.hint("a", ["b"]), '; did you mean "b"?');
  assert.equal(suggester.hint("a", ["b"]), "");
});

Deno.test("a tree may be 64 levels deep", () => {
  const nested = (levels: number) => problemsOf(`${"[".repeat(levels)}${"]".repeat(levels)}\n`)[0];
  assert.match(nested(64) ?? "", /expected a mapping, got a list$/);
  assert.equal(nested(65), "test.yaml:1:65: nested more than 64 levels deep");
});

Deno.test("merges may go through 16 mappings", () => {
  const chain = (length: number) =>
    parseConfig(
      `${head}  healthchecks:\n    c0: &c0 { type: icmp }\n${
        Array.from({ length }, (_, i) => `    c${i + 1}: &c${i + 1} { <<: *c${i} }\n`).join("")
      }`,
      "test.yaml",
    );
  assert.equal(chain(15).kind, "valid");
  const problem = chain(16);
  assert.ok(problem.kind === "invalid");
  assert.deepEqual(problem.problems.map(({ path, message }) => `${path}: ${message}`), [
    "maglev.healthchecks.c16: << merges through more than 16 mappings",
  ]);
});

Deno.test("aliases may expand to 500,000 values", () => {
  // A list of n counts n + 1 each time that it is read again.
  const text = (again: number, items: number) =>
    `${head}  frontends:\n    f0: { pools: &p [${Array(items).fill("1").join(",")}] }\n${
      Array.from({ length: again }, (_, i) => `    f${i + 1}: { pools: *p }\n`).join("")
    }`;
  const expands = (text: string) =>
    problemsOf(text).some((line) => line.includes("expand to more"));
  assert.equal(expands(text(500, 999)), false);
  const oneMore = text(500, 999).replace(
    "  frontends:\n",
    "  frontends:\n    x: { pools: &x [] }\n    y: { pools: *x }\n",
  );
  assert.equal(expands(oneMore), true);
});

Deno.test("ten thousand problems and a hundred warnings are all told", () => {
  const backends = (count: number) =>
    Array.from({ length: count }, (_, i) => `    b${i}: x\n`).join("");
  assert.equal(problemsOf(`${head}  backends:\n${backends(10_000)}`).length, 10_000);
  const more = problemsOf(`${head}  backends:\n${backends(10_003)}`);
  assert.deepEqual([more.length, more.at(-1)], [
    10_001,
    "test.yaml:10004:12: 3 more are not shown",
  ]);
  const warnings = (count: number) => {
    const checks = Array.from({ length: count }, (_, i) => `    c${i}: { type: icmp }\n`);
    const outcome = parseConfig(`${head}  healthchecks:\n${checks.join("")}`, "test.yaml");
    assert.ok(outcome.kind === "valid");
    return outcome.warnings;
  };
  assert.equal(warnings(100).length, 100);
  assert.deepEqual(warnings(101).slice(99), [
    { ...warnings(100)[99] },
    {
      file: "test.yaml",
      line: 104,
      column: 5,
      path: "",
      message: "1 more are not shown",
    },
  ]);
});

Deno.test("a file may have 8 MiB", async () => {
  const path = await Deno.makeTempFile({ prefix: "maglev-config-" });
  try {
    await Deno.truncate(path, 8 * 1024 * 1024);
    const exact = await readBytes(path);
    assert.equal(exact.kind === "read" && exact.bytes.length, 8_388_608);
    await Deno.truncate(path, 8 * 1024 * 1024 + 1);
    assert.equal((await readBytes(path)).kind, "failed");
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("a name is a name by its form alone", () => {
  const config = valid(`${head}  healthchecks: { "${"n".repeat(128)}": { type: icmp } }\n`);
  assert.deepEqual([...config.healthchecks.keys()], ["n".repeat(128)]);
});
