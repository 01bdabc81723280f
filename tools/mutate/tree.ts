/** What is not copied: nothing that a test of the mutated rooms reads. */
const skipped = new Set(["dist", "node_modules", "coverage"]);

/** The files under a folder of the tree, as paths from its root, in order. */
export async function walk(root: string, folder: string): Promise<string[]> {
  const found: string[] = [];
  const visit = async (path: string): Promise<void> => {
    for await (const { name, isFile, isDirectory } of Deno.readDir(`${root}/${path}`)) {
      const inside = path === "" ? name : `${path}/${name}`;
      if (isFile) found.push(inside);
      else if (isDirectory && !skipped.has(inside) && !name.startsWith(".")) await visit(inside);
    }
  };
  await visit(folder);
  return found.sort();
}

/** A copy of the tree to change and test in, so that the tree itself is never touched. */
export class TreeCopy implements AsyncDisposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Copies the tree at `root` into a temporary folder. */
  static async of(root: string): Promise<TreeCopy> {
    const copy = new TreeCopy(await Deno.makeTempDir({ prefix: "mutate-" }));
    // Some tests have other users come to a socket in there.
    await Deno.chmod(copy.#folder, 0o755);
    for (const path of await walk(root, "")) {
      const target = `${copy.root}/${path}`;
      await Deno.mkdir(target.slice(0, target.lastIndexOf("/")), { recursive: true });
      await Deno.copyFile(`${root}/${path}`, target);
    }
    await copy.clearTemporary();
    return copy;
  }

  /** The root of the copy. */
  get root(): string {
    return `${this.#folder}/tree`;
  }

  /** Where the copy's tests make their temporary files. Short: sockets' paths have 108 octets. */
  get temporary(): string {
    return `${this.#folder}/t`;
  }

  /** Removes what killed tests have left behind. */
  async clearTemporary(): Promise<void> {
    await Deno.remove(this.temporary, { recursive: true }).catch(ignoreMissing);
    await Deno.mkdir(this.temporary);
  }

  /** Reads a file of the copy. */
  read(path: string): Promise<string> {
    return Deno.readTextFile(`${this.root}/${path}`);
  }

  /** Runs `work` while `path` has another text. */
  async with<T>(path: string, text: string, work: () => Promise<T>): Promise<T> {
    const original = await this.read(path);
    await Deno.writeTextFile(`${this.root}/${path}`, text);
    try {
      return await work();
    } finally {
      await Deno.writeTextFile(`${this.root}/${path}`, original);
    }
  }

  /** Removes the copy, and what Deno keeps of its compiled modules. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true });
    const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] })
      .output();
    const { typescriptCache } = JSON.parse(new TextDecoder().decode(stdout));
    await Deno.remove(`${typescriptCache}/file${this.#folder}`, { recursive: true })
      .catch(ignoreMissing);
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

/** One copy of the tree, and perhaps more. */
export type Copies = readonly [TreeCopy, ...TreeCopy[]];

/** Does `work` with so many copies of the tree in the current folder, and removes them. */
export async function inCopies<T>(
  count: number,
  work: (copies: Copies) => Promise<T>,
): Promise<T> {
  await using stack = new AsyncDisposableStack();
  const make = async () => stack.use(await TreeCopy.of("."));
  const copies: [TreeCopy, ...TreeCopy[]] = [await make()];
  while (copies.length < count) copies.push(await make());
  return await work(copies);
}
