/**
 * Regenerates lib/gen/vpp.ts, the messages of VPP's API that tools/binapi/messages.ts names, from
 * VPP's own `*.api.json` files: `deno task binapi [--check] [DIR]`. DIR, tests/vppclient/data/api
 * unless said otherwise, is `/usr/share/vpp/api` on a VPP host; its subfolders are read too. With
 * `--check` it writes nothing, names what differs, and exits 1 if anything does.
 *
 * @module
 */

import { ApiFiles } from "./binapi/api_files.ts";
import { Generator } from "./binapi/generator.ts";
import { known, needed } from "./binapi/messages.ts";
import { formatted } from "./generated.ts";

const target = new URL("../lib/gen/vpp.ts", import.meta.url).pathname;
const ourFiles = new URL("../tests/vppclient/data/api", import.meta.url).pathname;

/** The text of lib/gen/vpp.ts by the API files below `folder`. Throws for what they lack. */
export async function generated(folder: string): Promise<string> {
  const generator = new Generator(new ApiFiles(await textsBelow(folder)));
  return await formatted(generator.module(needed, known), "ts");
}

/** The texts of the `*.api.json` files below `folder`. */
export async function textsBelow(folder: string): Promise<string[]> {
  const texts: string[] = [];
  const entries = await Array.fromAsync(Deno.readDir(folder));
  for (const { name, isDirectory } of entries.sort((a, b) => a.name < b.name ? -1 : 1)) {
    const path = `${folder}/${name}`;
    if (isDirectory) texts.push(...await textsBelow(path));
    else if (name.endsWith(".api.json")) texts.push(await Deno.readTextFile(path));
  }
  return texts;
}

/** The names of what two versions of lib/gen/vpp.ts declare differently, comments aside. */
export function differences(a: string, b: string): string[] {
  const [ours, theirs] = [declarations(a), declarations(b)];
  return [...new Set([...ours.keys(), ...theirs.keys()])]
    .filter((name) => ours.get(name) !== theirs.get(name));
}

function declarations(text: string): Map<string, string> {
  const code = text.replaceAll(/^ *\/\*\*[^]*?\*\/\n/gm, "");
  const parts = code.split(/^(?:export )?(?:const|type) (?=\w)/m).slice(1);
  return new Map(parts.map((part) => [part.match(/^\w+/)?.[0] ?? "", part]));
}

if (import.meta.main) {
  const isCheck = Deno.args.includes("--check");
  const [folder = ourFiles] = Deno.args.filter((argument) => argument !== "--check");
  const text = await generated(folder);
  if (!isCheck) await Deno.writeTextFile(target, text);
  else {
    const present = await Deno.readTextFile(target);
    const found = differences(present, text);
    for (const name of found) console.error(`${name} is another one in ${folder}`);
    // VPP's own files may say the same in other words.
    const isStale = found.length > 0 || (folder === ourFiles && text !== present);
    if (isStale) console.error("lib/gen/vpp.ts is stale: run deno task binapi");
    Deno.exitCode = isStale ? 1 : 0;
  }
}
