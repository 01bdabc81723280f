import assert from "node:assert/strict";
import { type Built, built } from "../../support/built.ts";

const root = new URL("../../../", import.meta.url).pathname;

/** The versions that {@link builtPackages} has, the older one first. */
export const builtVersions = ["1.0.0", "1.0.1"] as const;

/** Packages of these versions, uncompressed and bundled once, because both take CPU time. */
export function builtPackages(): Promise<Built> {
  return built("packages", async (out) => {
    for (const version of builtVersions) {
      const again = version === builtVersions[0] ? [] : ["--bundled"];
      await runTool("deb", "--compression", "none", "--version", version, "--out", out, ...again);
    }
  });
}

/** The same as hard links in a folder of one's own, to which files may be added. */
export async function linkPackages(folder: string): Promise<void> {
  await using packages = await builtPackages();
  for (const name of debs(packages.path)) {
    await Deno.link(`${packages.path}/${name}`, `${folder}/${name}`);
  }
}

/** The one file that is all the programs, as it ships. */
export function builtPortable(): Promise<Built> {
  return built("portable", (out) => runTool("compile", "--out", out));
}

/** The names of the packages in a folder. */
export function debs(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) =>
    name.endsWith(".deb")
  );
}

async function runTool(name: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", `${root}tools/${name}.ts`, ...args],
    env: { DEBFULLNAME: "Tess Ter", DEBEMAIL: "tess@example.net" },
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}
