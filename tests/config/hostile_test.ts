import assert from "node:assert/strict";
import { formatOutcome, parseConfig } from "../../lib/config/mod.ts";
import { head, problemsOf } from "./support/valid.ts";

/** Hostile texts are answered by an orderly refusal; the answer's first line is returned. */
function refusal(text: string): string {
  return problemsOf(text)[0] ?? "";
}

Deno.test("nesting of any depth and kind is refused without a stack overflow", () => {
  const deep = [
    "[".repeat(100_000),
    "[".repeat(50_000) + "]".repeat(50_000),
    "{a: ".repeat(50_000),
    "- ".repeat(50_000) + "a",
    "? ".repeat(50_000) + "a",
    Array.from({ length: 1000 }, (_, i) => `${" ".repeat(i)}a:`).join("\n"),
  ];
  for (const text of deep) {
    assert.match(refusal(text), /^test\.yaml:\d+:\d+: nested more than 64 levels deep$/);
  }
});

Deno.test("aliases cannot blow a small file up", () => {
  const members = Array.from({ length: 1000 }, (_, i) => `b${i}: `).join(", ");
  const pools = Array.from({ length: 100 }, (_, i) => `{ name: p${i}, backends: *m }`).join(", ");
  const frontends = Array.from({ length: 1000 }, (_, i) => `    f${i}: { pools: *p }\n`);
  const text = `${head}  frontends:
    f: { pools: [{ name: p, backends: &m { ${members} } }] }
    g: { pools: &p [${pools}] }
${frontends.join("")}`;
  assert.match(refusal(text), /aliases expand to more than 500000 values$/);
});

Deno.test("a list that is shared a million times is read a bounded number of times", () => {
  const list = Array(5000).fill("1").join(",");
  const frontends = Array.from({ length: 5000 }, (_, i) => `    f${i}: { pools: *p }\n`);
  const text = `${head}  frontends:\n    f: { pools: &p [${list}] }\n${frontends.join("")}`;
  assert.ok(problemsOf(text).some((line) => line.includes("aliases expand to more than")));
});

Deno.test("an alias inside its own anchor ends", () => {
  assert.match(
    refusal(`${head}  frontends: &f { a: *f }\n`),
    /maglev\.frontends\.a\.a: unknown key "a"/,
  );
  assert.match(refusal("maglev: &m\n  vpp: *m\n"), /maglev\.vpp\.vpp: unknown key "vpp"/);
});

Deno.test("a chain of ten thousand merges is refused without a stack overflow", () => {
  const chain = Array.from(
    { length: 10_000 },
    (_, i) => `    b${i + 1}: &b${i + 1} { <<: *b${i} }\n`,
  );
  const text = `${head}  backends:
    b0: &b0 { address: 192.0.2.1, healthcheck: x }
${chain.join("")}`;
  assert.match(refusal(text), /maglev\.backends\.b16: << merges through more than 16 mappings$/);
});

Deno.test("names that objects inherit are neither known keys nor lost", () => {
  for (const key of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
    assert.match(refusal(`maglev: { ${key}: 1 }\n`), new RegExp(`unknown key "${key}"`));
    assert.match(
      refusal(`${head}  backends: { ${key}: { address: 192.0.2.1, healthcheck: ${key} } }\n`),
      new RegExp(`no health check is named "${key}"`),
    );
  }
});

Deno.test("a regular expression that is costly to compile or match is refused", () => {
  const patterns = [
    "(?:a{100}){100}",
    "((a{30}){30}){30}",
    "(".repeat(2000),
    "\\p{L}{300}",
    "a{1001}",
  ];
  for (const pattern of patterns) {
    const check = `{ type: http, port: 1, params: { response-regexp: '${pattern}' } }`;
    assert.match(refusal(`${head}  healthchecks: { a: ${check} }\n`), /response-regexp: must /);
  }
});

Deno.test("ten thousand unknown names do not make suggestions take for ever", () => {
  const backends = Array.from(
    { length: 10_000 },
    (_, i) => `    backend-${i}: { address: 10.1.${i >> 8}.${i & 255}, healthcheck: check-${i} }\n`,
  );
  const checks = Array.from({ length: 10_000 }, (_, i) => `    chekc-${i}: { type: icmp }\n`);
  const text = `${head}  healthchecks:\n${checks.join("")}  backends:\n${backends.join("")}`;
  const problems = problemsOf(text);
  assert.equal(problems.length, 10_000);
  assert.match(problems[0] ?? "", /no health check is named "check-0"; did you mean "chekc-0"\?$/);
});

Deno.test("what a file says never reaches a terminal as control characters", () => {
  const nasty = '"\\e]0;x\\a\\u202e\\u0000\\ud800\\n"';
  const texts = [
    `maglev: { ${nasty}: 1 }\n`,
    `${head}  backends: { ${nasty}: { address: ${nasty}, healthcheck: ${nasty} } }\n`,
    `${head}  healthchecks: { a: { type: ${nasty}, interval: ${nasty} } }\n`,
    `${head}  healthchecks: { a: ${nasty} }\n`,
    "maglev: \u001b[2J\u202e: x: y\n",
    "maglev: &\u001b[2J x\nb: *\u001b[3J\n",
    "maglev: !\u001b[2J x\n",
    'maglev: "\\\u001b"\n',
    `${head}  healthchecks: { "web\\e": { type: icmp } }
  backends: { a: { address: 192.0.2.1, healthcheck: web } }\n`,
    `${head}  healthchecks: { a: { type: http, port: 1, params: { response-regexp: "(\\e\\ud800" } } }\n`,
  ];
  for (const text of texts) {
    const shown = formatOutcome(parseConfig(text, "test.yaml"));
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(shown, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e\ud800]/);
  }
});

Deno.test("a tag that lies about its node is told, never silently followed", () => {
  const texts = [
    `${head}  backends: { a: { address: !!map 192.0.2.1, healthcheck: x } }\n`,
    `${head}  backends: { a: { address: !!seq 192.0.2.1, healthcheck: x } }\n`,
    `${head}  frontends: !!str { a: { address: 192.0.2.1 } }\n`,
    `${head}  frontends: !!set { a, b }\n`,
    `${head}  frontends: { a: { address: 192.0.2.1, pools: !!omap [a: 1] } }\n`,
    `${head}  healthchecker: { netns: !!binary aGk= }\n`,
    `${head}  healthchecker: { netns: !!timestamp 2026-01-01 }\n`,
    `maglev: !!map\n`,
  ];
  for (const text of texts) assert.match(refusal(text), /tag|YAML syntax|got nothing/, text);
  // What such a list is made of is not looked at.
  assert.deepEqual(problemsOf(`${head}  frontends: { a: { pools: !!omap [a: 1] } }\n`), [
    "test.yaml:4:35: maglev.frontends.a.pools: " +
    'the tag "tag:yaml.org,2002:omap" has no meaning here',
  ]);
});

Deno.test("messages stay short however long the value is", () => {
  const long = "x".repeat(100_000);
  const texts = [
    `${long}: 1\n`,
    `maglev: ${long}\n`,
    `${head}  backends: { ? "${long}" : { address: ${long}, healthcheck: ${long} } }\n`,
    `${head}  healthchecks: { a: { type: http, port: 1${"0".repeat(10_000)} } }\n`,
    `${head}  healthchecks: { a: { type: icmp, interval: 0.${"0".repeat(60)}s } }\n`,
    `maglev: *${long}\n`,
    `maglev: !${long} x\n`,
    `maglev: "${long}\n`,
    `- ${long}\n${long}: 1\n`,
    `{a: 1}}, "b": ${long}\n`,
  ];
  for (const text of texts) {
    for (const line of problemsOf(text)) assert.ok(line.length < 600, line.slice(0, 700));
  }
});
