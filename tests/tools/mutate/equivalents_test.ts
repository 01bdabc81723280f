import { deepEqual, equal, throws } from "node:assert/strict";
import {
  listPath,
  readEquivalents,
  withoutEquivalents,
} from "../../../tools/mutate/equivalents.ts";
import { mutantsOf } from "../../../tools/mutate/mutants.ts";

const root = new URL("../../../", import.meta.url);
const mutants = mutantsOf("lib/a/x.ts", "const a = 1;\nconst b = c < d;\n");
const entry = {
  file: "lib/a/x.ts",
  original: "const a = 1;",
  replacement: "const a = 2;",
  reason: "nobody reads it",
};

Deno.test("a mutant on the list is left out, the others stay", () => {
  deepEqual(
    withoutEquivalents(mutants, [entry]).map(({ replacement }) => replacement),
    ["const b = c <= d;"],
  );
});

Deno.test("an entry without its mutant is an error that names it", () => {
  throws(
    () => withoutEquivalents(mutants, [entry, { ...entry, original: "const z = 1;" }]),
    new Error(
      "tools/mutate/equivalent.json: stale, no such mutant any more:\n  lib/a/x.ts: const z = 1;",
    ),
  );
});

Deno.test("an entry without a reason is an error, one that removes a line is not", () => {
  equal(readEquivalents(JSON.stringify([{ ...entry, replacement: "" }])).length, 1);
  throws(
    () => readEquivalents(JSON.stringify([entry, { ...entry, reason: "" }])),
    new Error("tools/mutate/equivalent.json: entry 2 has no reason"),
  );
  throws(() => readEquivalents("{}"), new Error("tools/mutate/equivalent.json is not a list"));
});

Deno.test("no entry of the list is stale", async () => {
  const list = readEquivalents(await Deno.readTextFile(new URL(listPath, root)));
  for (const [file, entries] of Map.groupBy(list, ({ file }) => file)) {
    withoutEquivalents(mutantsOf(file, await Deno.readTextFile(new URL(file, root))), entries);
  }
});
