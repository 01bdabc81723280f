import { run } from "../programs.ts";

/** What can be built for: Deno's target triples to its npm packages. */
export const targets: Readonly<Record<string, string>> = {
  "x86_64-unknown-linux-gnu": "@deno/linux-x64-glibc",
  "aarch64-unknown-linux-gnu": "@deno/linux-arm64-glibc",
};

/** This machine's target triple. */
export const hostTarget = `${Deno.build.arch}-unknown-linux-gnu`;

/**
 * The Deno executable for `target`: the running one where that will do, else from npm. Throws a
 * sentence when it cannot be had.
 */
export async function runtimeFor(
  target: string,
  version: string,
): Promise<Uint8Array<ArrayBuffer>> {
  if (target === hostTarget && version === Deno.version.deno) {
    return await Deno.readFile(Deno.execPath());
  }
  const name = targets[target];
  if (name === undefined) {
    throw new Error(`no target ${target}; there are: ${Object.keys(targets).join(", ")}`);
  }
  const folder = await Deno.makeTempDir();
  try {
    const wanted = `${name}@${version}`;
    const file = await run("npm", ["pack", "--silent", "--pack-destination", folder, wanted])
      .catch(() => {
        throw new Error(
          `npm cannot fetch ${wanted}; another version of the runtime: --deno-version`,
        );
      });
    await run("tar", ["-xzf", `${folder}/${file.split("\n").at(-1)}`, "-C", folder]);
    return await Deno.readFile(`${folder}/package/deno`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
