/** The example files beside this one. */
export interface Fixture {
  /** Base name without extension. */
  readonly name: string;
  /** Path of the YAML file. */
  readonly path: string;
}

/** All files of `good/`, `warned/` or `bad/`, by name. */
export function fixtures(folder: "good" | "warned" | "bad"): Fixture[] {
  const directory = new URL(`../${folder}/`, import.meta.url).pathname;
  return Array.from(Deno.readDirSync(directory), ({ name }) => name)
    .filter((name) => name.endsWith(".yaml")).sort()
    .map((name) => ({ name: name.slice(0, -".yaml".length), path: directory + name }));
}

/** The text of a good file. */
export function goodText(name: string): string {
  return Deno.readTextFileSync(new URL(`../good/${name}.yaml`, import.meta.url));
}

/** Runs with a directory of its own, removed afterwards. */
export async function inDirectory(run: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "maglev-config-" });
  try {
    await run(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
