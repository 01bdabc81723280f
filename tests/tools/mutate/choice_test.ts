import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { ImportGraph } from "../../../tools/mutate/imports.ts";
import { TestOrder } from "../../../tools/mutate/order.ts";
import { interleaved, randomOf, shuffled } from "../../../tools/mutate/random.ts";
import { roomOf, rooms, sourcesOf, testFilesOf } from "../../../tools/mutate/rooms.ts";
import { isMeant, parseTarget } from "../../../tools/mutate/targets.ts";
import { mutantsOf } from "../../../tools/mutate/mutants.ts";

const graph = new ImportGraph(
  new Map([
    ["lib/a/mod.ts", 'export { x } from "./x.ts";'],
    ["lib/a/x.ts", 'new Worker(new URL("./worker.ts", import.meta.url));'],
    ["lib/a/worker.ts", ""],
    ["main.ts", 'import { x } from "./lib/a/mod.ts";'],
    ["tests/a/near_test.ts", 'import { x } from "../../lib/a/x.ts";'],
    ["tests/a/slow_test.ts", 'import { x } from "../../lib/a/mod.ts";'],
    ["tests/a/quick_test.ts", 'import { x } from "../../lib/a/mod.ts";'],
    ["tests/a/program_test.ts", 'run("main.ts");'],
    ["tests/a/other_test.ts", 'import x from "yaml";'],
  ]),
);

function order(): TestOrder {
  const files = ["near", "slow", "quick", "program", "other"].map((name) =>
    [`tests/a/${name}_test.ts`, name === "slow" ? 900 : 10] as const
  );
  return new TestOrder(graph, new Map(files));
}

Deno.test("tests run in the order of their distance, then of their duration", () => {
  deepEqual(order().of("lib/a/x.ts"), [
    "tests/a/near_test.ts",
    "tests/a/quick_test.ts",
    "tests/a/slow_test.ts",
    "tests/a/program_test.ts",
  ]);
});

Deno.test("workers and programs are reached as well, and what nobody names by nobody", () => {
  equal(order().of("lib/a/worker.ts")[0], "tests/a/near_test.ts");
  deepEqual(order().of("lib/a/lost.ts"), []);
});

Deno.test("tests that killed mutants of a module come first for it", () => {
  const learning = order();
  learning.killed("lib/a/x.ts", "tests/a/slow_test.ts");
  equal(learning.of("lib/a/x.ts")[0], "tests/a/slow_test.ts");
  equal(learning.of("lib/a/worker.ts")[0], "tests/a/near_test.ts");
});

Deno.test("a seed decides the order, and another one decides otherwise", () => {
  const items = Array.from({ length: 100 }, (_, index) => index);
  const first = shuffled(items, randomOf("1"));
  deepEqual(shuffled(items, randomOf("1")), first);
  deepEqual(first.toSorted((a, b) => a - b), items);
  ok(first.some((item, index) => item !== index));
  ok(shuffled(items, randomOf("2")).some((item, index) => item !== first[index]));
});

Deno.test("a sample takes from each room in turn", () => {
  deepEqual(interleaved([["a1", "a2", "a3"], ["b1"], [], ["d1", "d2"]]), [
    "a1",
    "b1",
    "d1",
    "a2",
    "d2",
    "a3",
  ]);
});

Deno.test("a target is a room, a file or a line", () => {
  deepEqual(parseTarget("h2"), { room: "h2" });
  deepEqual(parseTarget("lib/h2/flow.ts"), { room: "h2", path: "lib/h2/flow.ts" });
  deepEqual(parseTarget("lib/h2/flow.ts:34"), { room: "h2", path: "lib/h2/flow.ts", line: 34 });
  deepEqual(parseTarget("lib/h2/flow.ts:34:5"), { room: "h2", path: "lib/h2/flow.ts", line: 34 });
  for (const text of ["sim", "lib/sim/mod.ts", "lib/h2", "h2/flow.ts", "lib/h2/flow.ts:x"]) {
    throws(() => parseTarget(text), /^Error: cannot mutate .*: neither a room \(checker, health,/);
  }
});

Deno.test("mutants are meant by their room, file or line", () => {
  const mutants = mutantsOf("lib/h2/flow.ts", "const a = 1;\nconst b = 2;");
  const meant = (target: string) =>
    mutants.filter((mutant) => isMeant(parseTarget(target), mutant)).length;
  deepEqual(
    ["h2", "lib/h2/flow.ts", "lib/h2/flow.ts:2", "lib/h2/core.ts", "rpc"].map(meant),
    [2, 2, 1, 0, 0],
  );
});

Deno.test("the rooms that are mutated and their tests exist", async () => {
  const root = new URL("../../../", import.meta.url);
  for (const [room, folders] of Object.entries(rooms)) {
    ok((await Deno.stat(new URL(`lib/${room}`, root))).isDirectory);
    for (const folder of folders) ok((await Deno.stat(new URL(folder, root))).isDirectory);
    equal(roomOf(`lib/${room}/x.ts`), room);
  }
});

Deno.test("of the web view what takes no browser is mutated and tested", async () => {
  const root = decodeURIComponent(new URL("../../../", import.meta.url).pathname);
  const [sources, tests] = [await sourcesOf(root, "web"), await testFilesOf(root, "web")];
  ok(sources.includes("lib/web/delta.ts") && sources.includes("lib/web/page/health.ts"));
  ok(tests.includes("tests/web/digest_test.ts"));
  for (const path of sources) ok(!(await read(path)).includes("document."), path);
  for (const path of tests) ok(!(await read(path)).includes("/chromium.ts"), path);

  function read(path: string): Promise<string> {
    return Deno.readTextFile(`${root}${path}`);
  }
});
