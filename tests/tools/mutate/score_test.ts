import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { durationsIn, limitsOf } from "../../../tools/mutate/baseline.ts";
import { complaintsIn } from "../../../tools/mutate/compiles.ts";
import { gateText, isGood } from "../../../tools/mutate/gate_sample.ts";
import { failureIn } from "../../../tools/mutate/run.ts";
import { chance, percent, scoreOf, significance, tooMany } from "../../../tools/mutate/score.ts";
import { tablePage, withRow } from "../../../tools/mutate/table.ts";
import { rooms } from "../../../tools/mutate/rooms.ts";

Deno.test("what timed out was noticed, what is undecided does not count", () => {
  const kinds = ["timed out", "survived", "survived", "undecided"] as const;
  const score = scoreOf([{ kind: "killed", by: "x" }, ...kinds.map((kind) => ({ kind }))]);
  deepEqual(score, { killed: 1, timedOut: 1, survived: 2, undecided: 1 });
  equal(percent(score), 50);
  equal(percent(scoreOf([])), 100);
});

Deno.test("chance is the tail of the binomial distribution", () => {
  const near = (a: number, b: number) => ok(Math.abs(a - b) < 1e-9, `${a} is not ${b}`);
  near(chance(12, 0), 1);
  near(chance(12, 1), 1 - 0.9 ** 12);
  near(chance(2, 2), 0.01);
  near(chance(3, 2), 3 * 0.01 * 0.9 + 0.001);
  equal(chance(3, 4), 0);
});

Deno.test("too many is the least that comes by chance less than once in 10,000 samples", () => {
  equal(tooMany(12), 7);
  for (let mutants = 1; mutants <= 40; mutants++) {
    ok(chance(mutants, tooMany(mutants)) < significance);
    ok(chance(mutants, tooMany(mutants) - 1) >= significance);
  }
});

Deno.test("the gate fails from too many survivors on, and a handful fails nobody", () => {
  const score = { killed: 5, timedOut: 0, survived: 6, undecided: 1 };
  ok(isGood(score));
  equal(isGood({ ...score, killed: 4, survived: 7 }), false);
  ok(isGood({ ...score, killed: 0, survived: 3 }));
  equal(
    gateText({ killed: 9, timedOut: 1, survived: 2, undecided: 0 }),
    "10 mutants noticed, 2 survived, 0 undecided for want of time; 7 survivors of 12 would be too " +
      "many: with a true score of 90 % they come by chance once in 19,928 samples",
  );
  equal(
    gateText({ killed: 0, timedOut: 0, survived: 3, undecided: 9 }),
    "0 mutants noticed, 3 survived, 9 undecided for want of time: too few to judge by",
  );
});

Deno.test("limits are four times what it takes unchanged, and 10 s", () => {
  const report = [
    '<testcase name="a" classname="./tests/a/x_test.ts" time="1.500" line="1" col="6">',
    '<testcase name="b" classname="./tests/a/x_test.ts" time="0.500" line="2" col="6">',
    '<testcase name="c" classname="./tests/a/y_test.ts" time="3.000" line="2" col="6">',
  ].join("\n");
  const files = ["tests/a/x_test.ts", "tests/a/y_test.ts", "tests/a/z_test.ts"];
  const baseline = durationsIn(report, files);
  deepEqual([...baseline.files.values()], [2000, 3000, 0]);
  deepEqual(limitsOf(baseline, files.slice(0, 1)), { totalMs: 18_000, silentMs: 22_000 });
});

Deno.test("the failed test is named, or what stands for it", () => {
  equal(
    failureIn("x ... FAILED (1ms)\n\n ERRORS \n\nx y => ./tests/a/x_test.ts:3:6\nerror: Error\n"),
    "tests/a/x_test.ts: x y",
  );
  equal(
    failureIn("./tests/a/x_test.ts (uncaught error)\nerror: (in promise) Error\n"),
    "tests/a/x_test.ts: uncaught error",
  );
  equal(failureIn("a\nerror: Module not found\nb\n"), "error: Module not found");
  equal(failureIn("Segmentation fault\n"), "Segmentation fault");
});

Deno.test("the compiler's complaints are told by file; what is left over is none", () => {
  const output = [
    "TS2322 [ERROR]: Type 'number' is not assignable to type 'string'.\nconst a: string = 3;",
    "             ^\n    at file:///t/lib/a/x.mutant3.ts:67:14\n\nTS6133 [ERROR]: 'b' is declared",
    "    at file:///t/lib/a/x.mutant4.ts:1:1\n\nFound 2 errors.\n",
  ].join("\n");
  deepEqual([...complaintsIn(output, "/t")], [
    ["lib/a/x.mutant3.ts", ["TS2322 Type 'number' is not assignable to type 'string'."]],
  ]);
});

Deno.test("the table in the documentation has a row for each room", async () => {
  const page = await Deno.readTextFile(new URL(`../../../${tablePage}`, import.meta.url));
  const score = { killed: 9, timedOut: 0, survived: 1, undecided: 0 };
  for (const room of Object.keys(rooms)) {
    ok(withRow(page, { room, score, date: "2026-11-21", command: "x" }).includes("| 90.0 % |"));
  }
});

Deno.test("a run's figures take the place of the room's row", () => {
  const score = { killed: 95, timedOut: 1, survived: 4, undecided: 0 };
  const row = { room: "h2", score, date: "2026-11-21", command: "deno task mutate h2" };
  equal(
    withRow("| room |\n| `h2` | old |\n| `net` | old |\n", row),
    "| room |\n| `h2` | 100 | 96 | 4 | 96.0 % | 2026-11-21 | `deno task mutate h2` |\n" +
      "| `net` | old |\n",
  );
  throws(() => withRow("", row), new Error("docs/testing.md: no row of the mutation table for h2"));
});
