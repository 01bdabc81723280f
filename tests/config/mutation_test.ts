import assert from "node:assert/strict";
import fc from "fast-check";
import {
  checkExitCode,
  type ConfigProblem,
  formatProblem,
  parseConfig,
} from "../../lib/config/mod.ts";
import { fixtures } from "./support/fixtures.ts";

/** Scalars that break programs, or mean something else than they look. */
const nasty = [
  ...["", "~", "null", "true", "no", "0", "-1", "-0", "1e999", ".nan", "-.inf", "0x1f", "0o17"],
  ...["99999999999999999999", "1_000", "2026-01-01", "1:20", "::", "::1", "fe80::1%0", "0.0.0.0"],
  ...["192.0.2.1/24", "1h2m", "-5s", "5", "[", "]", "{", "}", "[]", "{}", "- a", "a: b", "? a"],
  ...["*a", "&a", "&a b", "*lb", "<<: *web", "!!binary aGk=", "!!set {a}", "!!omap [a: 1]", "!x y"],
  ...["!!int a", "!!str", "|", ">-", "|2", "%YAML 1.1", "---", "...", "#", '"', "'", '"\\x1b"'],
  ...["'a''b'", '"\\ud800"', '"\\U00110000"', "@", "`", "\t", "\u0000", "\ufeff", "\u2028"],
  ...["🦆", "__proto__", "constructor", "x".repeat(300), "(".repeat(50), "200-299", "/ a", "<<"],
];

type Mutation = readonly [kind: number, place: number, other: number, pick: number];

const at = (place: number, length: number) => length === 0 ? 0 : place % length;

/** Line-wise accidents first, then those inside a line, then those of bytes. */
const mutations: readonly ((text: string, m: Mutation) => string)[] = [
  onLines((lines, i) => lines.toSpliced(i, 1)),
  onLines((lines, i) => lines.toSpliced(i, 0, lines[i] ?? "")),
  onLines((lines, i, j) => lines.with(i, lines[j] ?? "").with(j, lines[i] ?? "")),
  onLines((lines, i) => lines.with(i, `  ${lines[i]}`)),
  onLines((lines, i) => lines.with(i, (lines[i] ?? "").replace(/^ {1,2}/, ""))),
  onLines((lines, i) => lines.with(i, (lines[i] ?? "").replace(/^ +/, "\t"))),
  onLines((lines, i, j) => lines.with(i, (lines[j] ?? "").trimStart())),
  onLines((lines, i, _, pick) => lines.with(i, (lines[i] ?? "").replace(/: .*$/, `: ${pick}`))),
  onLines((lines, i, _, pick) => lines.with(i, (lines[i] ?? "").replace(/[^ ].*?:/, `${pick}:`))),
  onLines((lines, i, _, pick) => lines.toSpliced(i, 0, pick)),
  (text, [, place]) => text.slice(0, at(place, text.length)),
  (text, [, place]) => text.slice(at(place, text.length)),
  (text, [, place, , pick]) => insert(text, at(place, text.length), nasty[pick % nasty.length]),
  (text, [, place, other]) =>
    insert(text, at(place, text.length), String.fromCharCode(other % 256)),
  (text, [, place]) =>
    text.slice(0, at(place, text.length)) + text.slice(at(place, text.length) + 1),
  (text, [, place, other]) => insert(text, at(place, text.length), text.slice(0, other % 400)),
];

function onLines(
  change: (lines: string[], i: number, j: number, pick: string) => string[],
): (text: string, m: Mutation) => string {
  return (text, [, place, other, pick]) => {
    const lines = text.split("\n");
    const chosen = nasty[pick % nasty.length] ?? "";
    return change(lines, at(place, lines.length), at(other, lines.length), chosen).join("\n");
  };
}

function insert(text: string, place: number, what = ""): string {
  return text.slice(0, place) + what + text.slice(place);
}

function checkProblem(problem: ConfigProblem, text: string): void {
  const lines = text.split("\n");
  const { line, column } = problem;
  const shown = formatProblem(problem);
  assert.ok(line >= 1 && line <= lines.length, shown);
  assert.ok(column >= 1 && column <= (lines[line - 1] ?? "").length + 1, shown);
  assert.ok(problem.message.length > 5 && shown.length < 1000, shown);
  assert.doesNotMatch(shown, /\n/);
}

Deno.test("a good file, damaged anyhow, is valid or cleanly refused", () => {
  const texts = fixtures("good").map(({ path }) => Deno.readTextFileSync(path));
  const kinds = { valid: 0, parse: 0, semantic: 0 };
  const mutation = fc.tuple(
    fc.nat(mutations.length - 1),
    fc.nat(5000),
    fc.nat(5000),
    fc.nat(nasty.length - 1),
  );
  const input = fc.tuple(
    fc.constantFrom(...texts),
    fc.array(mutation, { minLength: 1, maxLength: 3 }),
  );
  fc.assert(
    fc.property(input, ([good, steps]) => {
      const text = steps.reduce((t, step) => mutations[step[0]]?.(t, step) ?? t, good);
      const outcome = parseConfig(text, "mutant.yaml");
      kinds[outcome.kind === "valid" ? "valid" : outcome.stage]++;
      if (outcome.kind === "valid") return assert.equal(checkExitCode(outcome), 0);
      assert.ok(outcome.problems.length > 0);
      for (const problem of outcome.problems) {
        assert.equal(problem.stage, outcome.stage);
        checkProblem(problem, text);
      }
    }),
    { seed: 20_260_412, numRuns: 4000 },
  );
  // All three must come up, or the mutations have become too tame or too wild.
  assert.ok(Math.min(...Object.values(kinds)) > 100, JSON.stringify(kinds));
});
