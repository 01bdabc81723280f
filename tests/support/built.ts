/** Where the gate has the programs' bundles, and where rooms share what else takes long to make. */
const shared = Deno.env.get("MAGLEV_BUNDLES");

/** A folder with something in it. */
export interface Built extends AsyncDisposable {
  readonly path: string;
}

/**
 * A folder that `build` has filled. In the gate it is made once, by the room that is first to need
 * it, while others wait; nobody may change it. Elsewhere it is a new one, and goes away with what is
 * returned.
 */
export async function built(
  name: string,
  build: (folder: string) => Promise<void>,
): Promise<Built> {
  if (shared === undefined) {
    const path = await Deno.makeTempDir({ prefix: "maglev-" });
    const dispose = () => Deno.remove(path, { recursive: true });
    await build(path).catch((error) => dispose().finally(() => Promise.reject(error)));
    return { path, [Symbol.asyncDispose]: dispose };
  }
  const path = `${shared}/${name}`;
  using lock = await Deno.open(`${path}.lock`, { create: true, write: true });
  await lock.lock(true);
  if (!await isThere(path)) {
    // Of somebody who was killed over it.
    if (await isThere(`${path}.new`)) await Deno.remove(`${path}.new`, { recursive: true });
    await Deno.mkdir(`${path}.new`);
    await build(`${path}.new`);
    await Deno.rename(`${path}.new`, path);
  }
  return { path, [Symbol.asyncDispose]: () => Promise.resolve() };
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
