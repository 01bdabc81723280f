import { readBytes } from "../config/mod.ts";
import { reasonOf } from "../log/mod.ts";

/** Tells files by what they say: one that was written again, and says the same, has not changed. */
export class FileStamp {
  /** What the file system said of the file that was read last, and the digest of its contents. */
  #seen = { inode: "", digest: "" };

  constructor(private readonly path: string) {}

  /**
   * A text that is another one when the file says something else, or cannot be read. The file is
   * read only when the file system tells of a change, and one too large to be a configuration or
   * without end not at all. Never rejects.
   */
  async now(): Promise<string> {
    try {
      const { mtime, ctime, size, ino } = await Deno.stat(this.path);
      const inode = [mtime?.getTime(), ctime?.getTime(), size, ino].join(" ");
      if (inode === this.#seen.inode) return this.#seen.digest;
      const read = await readBytes(this.path);
      const digest = read.kind === "read" ? await digestOf(read.bytes) : inode;
      this.#seen = { inode, digest };
      return digest;
    } catch (error) {
      return reasonOf(error);
    }
  }
}

async function digestOf(octets: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", octets)).toHex();
}
