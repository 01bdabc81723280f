/**
 * Makes dist/maglevd.js and its like, one file of each program, with version, commit and date stamped
 * in, and in the web view's the page. `deno task bundle [FOLDER]` writes to another folder. The date is
 * that of SOURCE_DATE_EPOCH, if set, so that the same commit gives the same bytes.
 *
 * @module
 */

import type { Assets } from "../lib/web/mod.ts";
import { buildPage } from "./page.ts";
import { type Program, programs, root, run, runtimeLocked } from "./programs.ts";

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

/** What is left on the global object before any module runs. */
async function stamp({ carries }: Program): Promise<string> {
  const build = { commit: await commit(), date: date() };
  const lines = [`globalThis.maglevBuild=${JSON.stringify(build)};`];
  if (carries === "page") lines.push(`globalThis.maglevPage=${JSON.stringify(await page())};`);
  return lines.join("\n");
}

async function page(): Promise<Assets> {
  const folder = await Deno.makeTempDir();
  try {
    return await buildPage(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function bundle(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  for (const program of programs) {
    const path = `${folder}/${program.name}.js`;
    await run(Deno.execPath(), ["bundle", "--quiet", ...runtimeLocked, "-o", path, program.entry]);
    const code = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, `${await stamp(program)}\n${code}`);
    console.log(`${path}: ${Math.round(code.length / 1024)} KiB`);
  }
}

await bundle(Deno.args[0] ?? `${root}dist`);
