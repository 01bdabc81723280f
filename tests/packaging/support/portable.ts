import assert from "node:assert/strict";
import { programs } from "../../../tools/programs.ts";
import { bare, type Finished } from "./sandbox.ts";

/** The portable file alone in a folder, under each of its names, and an empty cache. */
export class Portable implements AsyncDisposable {
  private constructor(readonly folder: string, readonly cache: string) {}

  /** Of the file `maglev` in a folder, which has to be on the same file system. */
  static async of(built: string): Promise<Portable> {
    const folder = await Deno.makeTempDir();
    for (const name of ["maglev", ...programs.map(({ name }) => name)]) {
      await Deno.link(`${built}/maglev`, `${folder}/${name}`);
    }
    await Deno.chmod(folder, 0o755);
    return new Portable(folder, await Deno.makeTempDir());
  }

  /** Runs one of the programs with nothing in its environment but the cache and what is given. */
  run(
    name: string,
    args: readonly string[],
    environment: Record<string, string> = {},
  ): Promise<Finished> {
    return bare(`${this.folder}/${name}`, args, { MAGLEV_CACHE_DIR: this.cache, ...environment });
  }

  /** What was unpacked, by the names of the directories. */
  async copies(): Promise<string[]> {
    return (await namesIn(this.own)).sort();
  }

  /** The one copy that was unpacked. */
  async copy(): Promise<string> {
    const [name, ...others] = await this.copies();
    assert.ok(name !== undefined && others.length === 0);
    return `${this.own}/${name}`;
  }

  /** The user's directory in the cache. */
  get own(): string {
    return `${this.cache}/maglev-${Deno.uid()}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
    await Deno.remove(this.cache, { recursive: true });
  }
}

/** What is in a folder. */
export async function namesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
}
