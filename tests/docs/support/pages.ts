/** The root of the tree, with a final slash. */
export const root = new URL("../../../", import.meta.url).pathname;

/** A page of the documentation, such as `docs/user-guide.md`. */
export async function readPage(path: string): Promise<string> {
  return await Deno.readTextFile(root + path);
}

/** Every module below lib/, relative to the root, sorted. */
export async function libSources(folder = "lib"): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(root + folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) found.push(...await libSources(path));
    else if (name.endsWith(".ts")) found.push(path);
  }
  return found.sort();
}

/** Every Markdown page of the tree, relative to the root, sorted. */
export async function allPages(): Promise<string[]> {
  const found: string[] = [];
  const walk = async (folder: string) => {
    for await (const { name, isDirectory } of Deno.readDir(root + folder)) {
      if (isDirectory) await walk(`${folder}${name}/`);
      else if (name.endsWith(".md")) found.push(folder + name);
    }
  };
  await walk("docs/");
  for await (const { name } of Deno.readDir(root)) if (name.endsWith(".md")) found.push(name);
  return found.sort();
}
