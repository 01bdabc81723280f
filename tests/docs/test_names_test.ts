import { deepEqual } from "node:assert/strict";
import { libSources, readPage, root } from "./support/pages.ts";
import { onlyNames, testedBy } from "./support/tested_by.ts";

const rows = [...Object.values(testedBy).flat(), ...onlyNames];

/** Files of `lib` that do something and are written by hand, without their endings. */
const sources: string[] = [];
for (const path of await libSources()) {
  const name = path.replace(/^lib\/(.*)\.tsx?$/, "$1");
  const isHeld = !name.startsWith("gen/") && !name.endsWith("/mod");
  if (isHeld && !isOnlyTypes(await readPage(path))) sources.push(name);
}

/** Whether nothing is left of a file where its types are taken away. */
function isOnlyTypes(text: string): boolean {
  const code = text.replaceAll(/\/\*[^]*?\*\//g, "");
  return !/^(?!import|(export )?(type|interface) |export (\*|{))[a-z]/m.test(code);
}

/** The path of a test; undefined if it is not there. */
function testOf(name: string): string | undefined {
  const path = `tests/${name}_test.ts`;
  return isThere(path) ? path : undefined;
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(root + path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

const importsOf = new Map<string, readonly string[]>();

/** All that a file imports or runs, and what that does, and so on. */
function reached(path: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(path)) return seen;
  seen.add(path);
  const known = importsOf.get(path);
  const next = known ?? directImports(path);
  if (!known) importsOf.set(path, next);
  for (const each of next) reached(each, seen);
  return seen;
}

/** What it imports, and the programs that it runs. */
function directImports(path: string): string[] {
  const text = Deno.readTextFileSync(root + path);
  const imports = text.matchAll(/(?:from|import\(|new URL\() ?"(\.[^"]+\.tsx?)"/g);
  const programs = text.matchAll(/\b((?:main|cli|tester)\.ts)\b/g);
  return [
    ...Array.from(imports, ([, to = ""]) => new URL(to, `file:///${path}`).pathname.slice(1)),
    ...Array.from(programs, ([, to = ""]) => to),
  ].filter((to) => /^(lib|tests)\/|^\w+\.ts$/.test(to) && isThere(to));
}

// Where this fails: a test called tests/NAME_test.ts, or a row in tests/docs/support/tested_by.ts.
Deno.test("a reader finds the test of a file by its name, or in the list of those without", () => {
  const lost = sources.filter((name) => !testOf(name) && !rows.includes(name));
  deepEqual(lost, []);
});

Deno.test("the list names each file once, and none that is gone or has a test by now", () => {
  deepEqual(rows.filter((name, at) => rows.indexOf(name) !== at), []);
  deepEqual(rows.filter((name) => !sources.includes(name)), []);
  deepEqual(rows.filter((name) => testOf(name) !== undefined), []);
});

Deno.test("what a file is said to be tested by is there, and comes to it", () => {
  const stray = Object.entries(testedBy).flatMap(([test, names]) => {
    const path = testOf(test);
    if (!path) return [`there is no tests/${test}_test.ts`];
    // Those run what a package has in it, or what a browser is sent.
    if (test.startsWith("e2e/") || test === "web/page") return [];
    const files = reached(path);
    return names.filter((name) => !files.has(`lib/${name}.ts`))
      .map((name) => `tests/${test}_test.ts does not import lib/${name}.ts in any way`);
  });
  deepEqual(stray, []);
});

Deno.test("what the tests of a room share is in one place", async () => {
  const apart = ["h2/fuzz/", "rpc/interop/"];
  const strays = (await libSources("tests")).map((path) => path.replace("tests/", ""))
    .filter((path) => !path.endsWith("_test.ts") && !/^([^/]+\/)?support(\/|\.ts$)/.test(path))
    .filter((path) => !apart.some((start) => path.startsWith(start)));
  deepEqual(strays, []);
});
