import { reasonOf } from "../log/mod.ts";
import type { Clock } from "../time/mod.ts";
import { type ConfigOutcome, decode, fileProblem, type InvalidFile, parseBytes } from "./parse.ts";
import { WorkerParser } from "./worker.ts";

/** Smaller files are parsed in less time than the event loop may be held up (10 ms). */
const directBytes = 8192;

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
 * Reads and checks a file at once, for a program that has nothing else to do yet. Never throws:
 * a file that cannot be read is a parse problem with the operating system's reason.
 */
export async function loadConfig(path: string): Promise<ConfigOutcome> {
  const read = await readBytes(path);
  return read.kind === "failed" ? read.outcome : parseBytes(read.bytes, path);
}

/**
 * Loads files for a daemon at work: a big file is parsed by a worker and comes back in slices, so
 * that the event loop never stands still for long. Making the worker is the one long turn (some
 * 12 ms): load the first file through the same loader, before there is anything to hold up.
 */
export class ConfigLoader implements Disposable {
  readonly #worker: WorkerParser;
  /** The last big file that was valid. */
  #known: Known | undefined;

  /** The clock tells when a worker takes too long, and how old a file is. */
  constructor(private readonly clock: Clock) {
    this.#worker = new WorkerParser(clock);
  }

  /**
   * Like {@link loadConfig}. Files asked for at the same time are taken one after the other. A big,
   * valid file that has not changed since the last time is not parsed again: whoever has it checked over
   * and over would cost a core, and 100 times its size in memory.
   */
  async load(path: string): Promise<ConfigOutcome> {
    const stamp = await stampOf(path, this.clock.wall());
    if (stamp !== undefined && stamp === this.#known?.stamp) return this.#known.outcome;
    const read = await readBytes(path);
    if (read.kind === "failed") return read.outcome;
    if (read.bytes.length <= directBytes) return parseBytes(read.bytes, path);
    const key = `${await digest(read.bytes)} ${path}`;
    if (this.#known?.key === key) {
      this.#known = { ...this.#known, stamp };
      return this.#known.outcome;
    }
    const outcome = await this.#worker.parse(read.bytes, path);
    // What is wrong may be the worker.
    if (outcome.kind === "valid") this.#known = { key, stamp, outcome };
    return outcome;
  }

  /** Ends the worker; loads still under way come out as failed. */
  [Symbol.dispose](): void {
    this.#worker[Symbol.dispose]();
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

/** About 60,000 backends. Parsing takes some 100 times the file's size in memory. */
const maxFileBytes = 8 * 1024 * 1024;

/** A file's bytes, or why there are none. */
export type FileBytes =
  | { readonly kind: "read"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: "failed"; readonly outcome: InvalidFile };

/**
 * Reads a configuration file. Never throws: the operating system's reason becomes a problem.
 * Opening a named pipe would wait for its writer, perhaps for ever; those below /dev are the
 * process's own and open (`maglevd --check --config <(generate)`).
 */
export async function readBytes(path: string): Promise<FileBytes> {
  try {
    const { size, isFifo } = await Deno.stat(path);
    if (isFifo && !path.startsWith("/dev/")) return failed(path, "is a pipe, not a file");
    if (size > maxFileBytes) return failed(path, `is larger than ${maxFileBytes} bytes: ${size}`);
    using file = await Deno.open(path);
    const bytes = await readAtMost(file.readable, maxFileBytes);
    return bytes
      ? { kind: "read", bytes }
      : failed(path, `is larger than ${maxFileBytes} bytes, or without end`);
  } catch (error) {
    return failed(path, `cannot be read: ${reasonOf(error)}`);
  }
}

/** Undefined when there is more: devices have size 0 and may never end. */
async function readAtMost(
  from: ReadableStream<Uint8Array>,
  limit: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of from) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > limit) return undefined;
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function failed(file: string, message: string): FileBytes {
  return { kind: "failed", outcome: fileProblem(file, message) };
}

/** The text of a file, or why there is none. Never rejects. */
export async function readTextFile(path: string): Promise<string | InvalidFile> {
  const read = await readBytes(path);
  const decoded = read.kind === "read" ? decode(read.bytes, path) : read;
  return decoded.kind === "text" ? decoded.text : decoded.outcome;
}
