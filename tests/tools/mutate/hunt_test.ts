import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { baselineOf } from "../../../tools/mutate/baseline.ts";
import { compiling } from "../../../tools/mutate/compiles.ts";
import { ImportGraph } from "../../../tools/mutate/imports.ts";
import { batchesOf, Judge } from "../../../tools/mutate/judge.ts";
import { type Mutant, mutantsOf } from "../../../tools/mutate/mutants.ts";
import { runTests } from "../../../tools/mutate/run.ts";
import { TreeCopy } from "../../../tools/mutate/tree.ts";
import { until } from "../../support/until.ts";

const path = "lib/health/sum.ts";
const source = `
export function sum(numbers: readonly number[]): number {
  let total = 0;
  for (let i = 0; i < numbers.length; i++) total += numbers[i] ?? 0;
  return total;
}
export function wait(until: () => boolean): void {
  let rounds = 0;
  while (!until()) {
    rounds++;
    if (rounds > 3) return;
  }
}
`;
const test = `
import { sum, wait } from "../../lib/health/sum.ts";
Deno.test("the sum of two", () => {
  if (sum([2, 3]) !== 5) throw new Error("wrong");
});
Deno.test("waiting ends", () => wait(() => false));
`;
const never = new AbortController().signal;
const limits = { totalMs: 60_000, silentMs: 60_000 };

/** A small tree with one room, and a copy of it. */
async function small(texts: Record<string, string> = {}) {
  const stack = new AsyncDisposableStack();
  const root = await Deno.makeTempDir();
  stack.defer(() => Deno.remove(root, { recursive: true }));
  const all = {
    "deno.json": "{}",
    "deno.lock": '{ "version": "5" }',
    "main.ts": "",
    "cli.ts": "",
    "dist/big.js": "",
    [path]: source,
    "tests/health/sum_test.ts": test,
    ...texts,
  };
  for (const [name, text] of Object.entries(all)) {
    await Deno.mkdir(`${root}/${name}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(`${root}/${name}`, text);
  }
  const copy = stack.use(await TreeCopy.of(root));
  return { root, copy, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

Deno.test("processes of other users reach what tests make in the copy", async () => {
  await using tree = await small();
  const folders = [tree.copy.temporary, tree.copy.temporary.replace(/\/t$/, "")];
  for (const folder of folders) equal(((await Deno.stat(folder)).mode ?? 0) & 0o5, 0o5, folder);
});

function mutant(replacement: string): Mutant {
  const found = mutantsOf(path, source).find((each) => each.replacement === replacement);
  ok(found, replacement);
  return found;
}

Deno.test("mutants are killed or survive, and neither tree keeps a trace of them", async () => {
  await using tree = await small();
  const { copy, root } = tree;
  const measured = new Map([["health", await baselineOf(copy, "health", never)]]);
  const judge = new Judge(measured, await ImportGraph.of(copy.root), never);
  const verdict = (replacement: string) => judge.judge(mutant(replacement), copy, Infinity);
  deepEqual(await verdict("let total = 1;"), {
    kind: "killed",
    by: "tests/health/sum_test.ts: the sum of two",
  });
  deepEqual(await verdict("if (rounds >= 3) return;"), { kind: "survived" });
  deepEqual(await judge.judge(mutant("let total = 1;"), copy, 0), { kind: "undecided" });
  equal(await copy.read(path), source);
  equal(await Deno.readTextFile(`${root}/${path}`), source);
});

Deno.test("few test files are run first, then ever more", () => {
  const files = Array.from({ length: 40 }, (_, i) => `${i}_test.ts`);
  const batches = batchesOf(files);
  deepEqual(batches.map(({ length }) => length), [2, 6, 18, 14]);
  deepEqual(batches.flat(), files);
  deepEqual(batchesOf([]), []);
});

const endless = `Deno.test("endless", () => {
  const child = new Deno.Command("sleep", { args: ["1000"] }).spawn();
  Deno.writeTextFileSync("pid.part", String(child.pid));
  Deno.renameSync("pid.part", "pid");
  for (;;);
});`;

Deno.test("tests that do not end are late, in all or without a word", async () => {
  await using tree = await small({ "tests/health/endless_test.ts": endless });
  const run = (late: Partial<typeof limits>) =>
    runTests(tree.copy, ["tests/health/endless_test.ts"], { ...limits, ...late }, never);
  deepEqual(await run({ silentMs: 1 }), { kind: "late", limit: "silentMs" });
  deepEqual(await run({ totalMs: 1 }), { kind: "late", limit: "totalMs" });
});

Deno.test("an abort ends the run with its reason, and all that the tests started", async () => {
  await using tree = await small({ "tests/health/endless_test.ts": endless });
  const { copy } = tree;
  const stop = new AbortController();
  const run = runTests(copy, ["tests/health/endless_test.ts"], limits, stop.signal);
  const ended = rejects(run, new Error("ended by SIGINT"));
  await until(() => exists(`${copy.root}/pid`));
  const pid = await copy.read("pid");
  ok(isRunning(pid));
  stop.abort(new Error("ended by SIGINT"));
  await ended;
  await until(() => !isRunning(pid));
});

function exists(file: string): boolean {
  return [...Deno.readDirSync(file.replace(/\/[^/]*$/, ""))].some(({ name }) =>
    file.endsWith(`/${name}`)
  );
}

function isRunning(pid: string): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch (error) {
    ok(error instanceof Deno.errors.NotFound, `${error}`);
    return false;
  }
}

Deno.test("temporary files of the tests are gone after each run", async () => {
  await using tree = await small({
    "tests/health/litter_test.ts": 'Deno.test("litter", () => void Deno.makeTempDirSync());',
  });
  const { copy } = tree;
  const outcome = await runTests(copy, ["tests/health/litter_test.ts"], limits, never);
  deepEqual(outcome, { kind: "passed" });
  deepEqual([...Deno.readDirSync(copy.temporary)], []);
});

Deno.test("tests that fail unchanged are an error that names one", async () => {
  await using tree = await small({
    "tests/health/red_test.ts": 'Deno.test("red", () => { throw new Error("no"); });',
  });
  await rejects(
    baselineOf(tree.copy, "health", never),
    /^Error: the tests of health fail without any change: tests\/health\/red_test\.ts: red\n/,
  );
});

Deno.test("the compiler refuses some mutants, which are left out", async () => {
  await using tree = await small({
    [path]: "export class A { #a = 1; b(other: A): void { this.#a = other.#a; } }\n" +
      "export function f(a: number | undefined): number { return a ?? 0; }\n",
  });
  const { copy } = tree;
  const all = mutantsOf(path, await copy.read(path));
  const [some] = all;
  ok(some);
  const noProgram = { ...some, text: "((" };
  deepEqual(await compiling(copy, [noProgram]), []);
  const accepted = await compiling(copy, [noProgram, ...all]);
  const refused = all.filter((each) => !accepted.includes(each));
  deepEqual(refused.map(({ operator }) => operator), ["dropped fallback"]);
  match(accepted.map(({ operator }) => operator).join(), /removed statement,.*changed number/);
});

Deno.test("a copy has no build results and is gone in the end", async () => {
  let place = "";
  {
    await using tree = await small();
    place = tree.copy.root;
    await rejects(Deno.stat(`${place}/dist/big.js`), Deno.errors.NotFound);
    ok(await Deno.stat(`${place}/deno.json`));
  }
  await rejects(Deno.stat(place), Deno.errors.NotFound);
});
