import type { Clock } from "../time/mod.ts";
import type { FileFormat, FileWorker } from "./file_worker.ts";
import { type ConfigOutcome, parseBytes, readBytes, type ValidFile } from "./parse.ts";

/** The configuration, as a worker parses it. */
export const configFormat: FileFormat<ValidFile> = { name: "config", parse: parseBytes };

/** A change within this long of another may leave a file's times as they were, in milliseconds. */
const settledMs = 2_000;

/** A file that was parsed, and what came of it. */
interface Known {
  /** The digest of its octets, and its path. */
  readonly key: string;
  /** What is another text when the file has been changed; undefined where that cannot be told. */
  readonly stamp: string | undefined;
  readonly outcome: ConfigOutcome;
}

/**
 * Loads configuration files for a daemon at work: they are parsed by a worker and come back in
 * slices, so that the event loop never stands still for long.
 */
export class ConfigLoader {
  /** The last file that was valid. */
  #known: Known | undefined;

  /** The clock tells how old a file is. */
  constructor(private readonly clock: Clock, private readonly worker: FileWorker) {}

  /**
   * Reads and checks a file; never rejects. Files asked for at the same time are taken one after the
   * other. A valid file that has not changed since the last time is not parsed again: whoever has it
   * checked over and over would cost a core, and 100 times its size in memory.
   */
  async load(path: string): Promise<ConfigOutcome> {
    const stamp = await stampOf(path, this.clock.wall());
    if (stamp !== undefined && stamp === this.#known?.stamp) return this.#known.outcome;
    const bytes = await readBytes(path);
    if (!(bytes instanceof Uint8Array)) return bytes;
    const key = `${await digest(bytes)} ${path}`;
    if (this.#known?.key === key) {
      this.#known = { ...this.#known, stamp };
      return this.#known.outcome;
    }
    const outcome = await this.worker.parse(configFormat, bytes, path);
    // What is wrong may be the worker.
    if (outcome.kind === "valid") this.#known = { key, stamp, outcome };
    return outcome;
  }
}

/** Undefined where the file was changed so lately that its times need not tell of another change. */
async function stampOf(path: string, wall: number): Promise<string | undefined> {
  try {
    const { dev, ino, size, mtime, ctime } = await Deno.stat(path);
    const [modified, changed] = [mtime?.getTime() ?? wall, ctime?.getTime() ?? wall];
    if (wall - Math.max(modified, changed) < settledMs) return undefined;
    return `${dev} ${ino} ${size} ${modified} ${changed} ${path}`;
  } catch {
    // Why it cannot be looked at is told by who reads it.
    return undefined;
  }
}

/** SHA-256, so that nobody can make two files look alike. */
async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
