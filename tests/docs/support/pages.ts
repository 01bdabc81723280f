/** The root of the tree, with a final slash. */
export const root = new URL("../../../", import.meta.url).pathname;

/** A page of the documentation, such as `docs/user-guide.md`. */
export async function readPage(path: string): Promise<string> {
  return await Deno.readTextFile(root + path);
}
