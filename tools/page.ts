/**
 * Builds the page of maglevd-frontend: `dist/page/` gets its HTML, one script and one style sheet.
 * `deno task page [FOLDER]` writes to another folder.
 *
 * @module
 */

import type { Assets } from "../lib/web/mod.ts";
import { root, run, runtimeLocked } from "./programs.ts";

const source = `${root}lib/web/page`;

/** Builds it into `folder`, and returns it. Throws with what the bundler complained of. */
export async function buildPage(folder: string): Promise<Assets> {
  await Deno.mkdir(folder, { recursive: true });
  await run(Deno.execPath(), [
    ...["bundle", "--quiet", ...runtimeLocked, "--platform", "browser", "--minify"],
    ...["-o", `${folder}/app.js`, `${source}/main.tsx`],
  ]);
  await Deno.writeTextFile(`${folder}/app.css`, await stylesheet());
  await Deno.copyFile(`${source}/index.html`, `${folder}/index.html`);
  const [html = "", script = "", style = ""] = await Promise.all(
    ["index.html", "app.js", "app.css"].map((name) => Deno.readTextFile(`${folder}/${name}`)),
  );
  return { html, script, style };
}

/** All style sheets in the order of their names, without comments and indentation. */
async function stylesheet(): Promise<string> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(`${source}/style`)) names.push(name);
  const parts = await Promise.all(
    names.sort().map((name) => Deno.readTextFile(`${source}/style/${name}`)),
  );
  return parts.join("").replaceAll(/\/\*[^]*?\*\//g, "").replaceAll(/\n\s*/g, "\n").trim();
}

if (import.meta.main) await buildPage(Deno.args[0] ?? `${root}dist/page`);
