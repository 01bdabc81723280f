import type { Clock } from "../time/mod.ts";
import { decode, readBytes } from "./file_text.ts";
import type { ConfigOutcome } from "./outcome.ts";
import { parseConfig } from "./parse.ts";
import { WorkerParser } from "./worker_client.ts";

/** Smaller files are parsed in less time than the event loop may be held up (10 ms). */
const directBytes = 8192;

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

  /** The clock tells when a worker takes too long. */
  constructor(clock: Clock) {
    this.#worker = new WorkerParser(clock);
  }

  /** Like {@link loadConfig}. Files asked for at the same time are taken one after the other. */
  async load(path: string): Promise<ConfigOutcome> {
    const read = await readBytes(path);
    if (read.kind === "failed") return read.outcome;
    return read.bytes.length <= directBytes
      ? parseBytes(read.bytes, path)
      : await this.#worker.parse(read.bytes, path);
  }

  /** Ends the worker; loads still under way come out as failed. */
  [Symbol.dispose](): void {
    this.#worker[Symbol.dispose]();
  }
}

function parseBytes(bytes: Uint8Array<ArrayBuffer>, file: string): ConfigOutcome {
  const decoded = decode(bytes, file);
  return decoded.kind === "failed" ? decoded.outcome : parseConfig(decoded.text, file);
}
