import assert from "node:assert/strict";
import * as forms from "../../lib/config/forms.ts";
import { healthcheck } from "../../lib/config/health_check.ts";
import { parseConfig, parseDuration, readBytes } from "../../lib/config/mod.ts";
import { formProblem, regexpProblem } from "../../lib/config/scalar.ts";
import { fileSchema } from "../../lib/config/schema.ts";
import { head, problemsOf, valid } from "./support/valid.ts";

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
  const more = problemsOf(`${head}  backends:\n${backends(10_001)}`);
  assert.deepEqual([more.length, more.at(-1)], [
    10_001,
    "test.yaml:10004:12: 1 more are not shown",
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
    assert.equal(exact instanceof Uint8Array && exact.length, 8_388_608);
    await Deno.truncate(path, 8 * 1024 * 1024 + 1);
    assert.ok(!(await readBytes(path) instanceof Uint8Array));
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("a name is a name by its form alone", () => {
  const config = valid(`${head}  healthchecks: { "${"n".repeat(128)}": { type: icmp } }\n`);
  assert.deepEqual([...config.healthchecks.keys()], ["n".repeat(128)]);
});
