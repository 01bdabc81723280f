/**
 * Makes dist/maglevd.js and dist/maglevc.js, one file each, with version, commit and date stamped
 * in. `deno task bundle [FOLDER]` writes to another folder. The date is that of SOURCE_DATE_EPOCH,
 * if set, so that the same commit gives the same bytes.
 *
 * @module
 */

import { programs, root, run, runtimeLocked } from "./programs.ts";

/** The commit, with a mark when the tree holds more than that; `unknown` outside of a repository. */
async function commit(): Promise<string> {
  try {
    const hash = await run("git", ["rev-parse", "--short=12", "HEAD"]);
    const changes = await run("git", ["status", "--porcelain", "--untracked-files=no"]);
    return changes === "" ? hash : `${hash}+changes`;
  } catch {
    return "unknown";
  }
}

function date(): string {
  const epoch = Deno.env.get("SOURCE_DATE_EPOCH");
  const time = epoch === undefined ? new Date() : new Date(Number(epoch) * 1000);
  return time.toISOString().replace(/\.\d+Z$/, "Z");
}

async function bundle(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const stamp = `globalThis.maglevBuild=${
    JSON.stringify({ commit: await commit(), date: date() })
  };`;
  for (const { name, entry } of programs) {
    const path = `${folder}/${name}.js`;
    await run(Deno.execPath(), ["bundle", "--quiet", ...runtimeLocked, "-o", path, entry]);
    const code = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, `${stamp}\n${code}`);
    console.log(`${path}: ${Math.round(code.length / 1024)} KiB`);
  }
}

await bundle(Deno.args[0] ?? `${root}dist`);
