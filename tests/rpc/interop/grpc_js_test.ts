import assert from "node:assert/strict";
import { run } from "../../e2e/support/process.ts";

interface Config {
  readonly imports: Readonly<Record<string, string>>;
  readonly scopes?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * grpc-js brings forty packages, one with a build script. They have a configuration and a lock file
 * of their own: what is in the root's, every task with tests downloads.
 */
const folder = new URL("grpc_js/", import.meta.url).pathname;

Deno.test("grpc-js gets answers, errors, deadlines and streams as it expects them", async () => {
  // Nothing looks for leaks there: grpc-js leaves a timer behind when a channel closes.
  const { code, stdout, stderr } = await run(
    ...[Deno.execPath(), "test", "-A", "--frozen", "--quiet", "--no-check"] as const,
    ...["--config", `${folder}deno.json`, `${folder}checks.ts`],
  );
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /3 passed/);
});

Deno.test("what grpc-js is tested with has the versions that the daemon has", async () => {
  const configOf = async (path: string): Promise<Config> =>
    JSON.parse(await Deno.readTextFile(new URL(path, import.meta.url)));
  const { "@grpc/grpc-js": tested, ...shared } = (await configOf("grpc_js/deno.json")).imports;
  assert.ok(tested);
  const { imports, scopes } = await configOf("../../../deno.json");
  assert.partialDeepStrictEqual({ ...imports, ...scopes?.["./tests/"] }, shared);
});

Deno.test("no package of a lock file has a build script, which Deno would warn of", async () => {
  for (const [file, most] of [["runtime.lock", 25], ["deno.lock", 120]] as const) {
    const lock = JSON.parse(await Deno.readTextFile(new URL(`../../../${file}`, import.meta.url)));
    const packages = Object.entries(lock.npm as Record<string, { scripts?: boolean }>);
    assert.deepEqual(packages.filter(([, { scripts }]) => scripts).map(([name]) => name), []);
    assert.ok(packages.length < most, `${file}: ${packages.length}`);
  }
});
