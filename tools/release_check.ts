/**
 * `deno task release-check [--quick]`: whether this tree can be released. The versions agree, the
 * changelog has an entry, what is generated is fresh, nothing is uncommitted, and the gate is
 * green. `--quick` leaves out the last two.
 *
 * @module
 */

import deno from "../deno.json" with { type: "json" };
import { runDeno } from "./gate/process.ts";
import { locked, root } from "./programs.ts";
import { versionFaults } from "./release/versions.ts";

const manuals = ["maglevc.1", "maglevt.1", "maglev.yaml.5", "maglevd.8", "maglevd-frontend.8"]
  .map((name) => `docs/man/${name}`);
const pages = ["docs/user-guide.md"];
const generators = ["proto", "schema", "docs", "man"];

async function texts(paths: readonly string[]): Promise<Record<string, string>> {
  const read = async (path: string) => [path, await Deno.readTextFile(root + path)] as const;
  return Object.fromEntries(await Promise.all(paths.map(read)));
}

async function versions(): Promise<string[]> {
  return versionFaults({
    version: deno.version,
    changelog: await Deno.readTextFile(`${root}CHANGELOG.md`),
    manuals: await texts(manuals),
    pages: await texts(pages),
  });
}

async function staleFiles(): Promise<string[]> {
  const faults: string[] = [];
  for (const name of generators) {
    const { ok, output } = await runDeno(["run", "-A", ...locked, `tools/${name}.ts`, "--check"]);
    if (!ok) faults.push(output.trim());
  }
  return faults;
}

async function uncommitted(): Promise<string[]> {
  const { stdout } = await new Deno.Command("git", { args: ["status", "--porcelain"] }).output();
  const changed = new TextDecoder().decode(stdout).trim();
  return changed === "" ? [] : [`not committed:\n${changed}`];
}

async function gate(): Promise<string[]> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", ...locked, "tools/gate.ts"],
    stdin: "null",
  }).spawn().status;
  return success ? [] : ["the gate is not green, see above"];
}

Deno.chdir(root);
const quick = Deno.args.includes("--quick");
const checks = [versions, staleFiles, ...(quick ? [] : [uncommitted, gate])];
const faults: string[] = [];
for (const check of checks) faults.push(...await check());
for (const fault of faults) console.error(fault);
console.log(
  faults.length > 0
    ? `${deno.version} cannot be released, see above`
    : quick
    ? `${deno.version}: versions agree and generated files are fresh; the gate was not run`
    : `${deno.version} can be released`,
);
Deno.exit(faults.length > 0 ? 1 : 0);
