/**
 * Files are parsed on a thread of their own: hundreds of mistakes in a small one take longer than
 * the event loop may be held up (10 ms), and 5,000 backends over half a second.
 *
 * @module
 */

import { getPriority, setPriority } from "node:os";
import { reasonOf } from "../log/mod.ts";
import type { Clock } from "../time/mod.ts";
import type { WorkerScope } from "../workers/mod.ts";
import { fileProblem, type InvalidFile } from "./parse.ts";
import { Assembly, type Piece, takeApart } from "./pieces.ts";

/** A kind of file that can be parsed by a worker. */
export interface FileFormat<Valid> {
  /** By which the two threads know it. */
  readonly name: string;
  /** What comes of it is plain data. Never throws. */
  parse(bytes: Uint8Array<ArrayBuffer>, file: string): Valid | InvalidFile;
}

/** The largest file takes a quarter of this on a slow machine, all slices included. */
const limitMs = 30_000;

/**
 * A worker that parses files. Making one holds the event loop up once, for some 12 ms in which it
 * waits for the thread; having one takes 17 MB and more. So it is made for the first file, and, as
 * ending one gives little back, kept until it is disposed of.
 */
export class FileWorker implements Disposable {
  #worker: Worker | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #disposed = false;
  /** Fails the question that is under way. */
  #abandon: ((reason: Error) => void) | undefined;

  /** Workers are made by `start`, in which {@link serveFiles} serves. */
  constructor(private readonly clock: Clock, private readonly start: () => Worker) {}

  /**
   * Parses after everything asked for before. The bytes are given away to the worker. A worker that
   * fails or does not end in time is ended, so that the next file gets another. Never rejects.
   */
  parse<Valid>(
    format: FileFormat<Valid>,
    bytes: Uint8Array<ArrayBuffer>,
    file: string,
  ): Promise<Valid | InvalidFile> {
    const result = this.#queue.then(() => this.#parse(format, bytes, file));
    this.#queue = result;
    return result;
  }

  /**
   * The outcome comes in slices, each asked for when the one before was dealt with: of messages that
   * wait Deno delivers all before it turns to anything else.
   */
  async #parse<Valid>(
    format: FileFormat<Valid>,
    bytes: Uint8Array<ArrayBuffer>,
    file: string,
  ): Promise<Valid | InvalidFile> {
    const limit = this.clock.after(limitMs, () => {
      this.#abandon?.(new Error(`it did not end within ${limitMs / 1000} s`));
    });
    try {
      if (this.#disposed) throw new Error("it has been stopped");
      const ask = { kind: "parse", format: format.name, file, bytes } as const;
      let slice = await this.#ask(ask, [bytes.buffer]);
      const assembly = new Assembly();
      for (;;) {
        for (const piece of slice.pieces) assembly.add(piece);
        // What the other half has parsed by the same format.
        if (slice.last) return assembly.whole as Valid | InvalidFile;
        slice = await this.#ask({ kind: "more" });
      }
    } catch (error) {
      this.#end();
      return fileProblem(file, `cannot be parsed: the worker failed: ${reasonOf(error)}`);
    } finally {
      limit.cancel();
    }
  }

  #ask(message: ToWorker, transfer: Transferable[] = []): Promise<Slice> {
    const worker = this.#worker ??= this.#begin();
    return new Promise((resolve, reject) => {
      this.#abandon = reject;
      worker.onmessage = ({ data }: MessageEvent<Slice>) => resolve(data);
      worker.postMessage(message, transfer);
    });
  }

  /** One that fails between two files is replaced for the next. */
  #begin(): Worker {
    const worker = this.start();
    worker.onerror = (event) => {
      event.preventDefault();
      if (worker !== this.#worker) return;
      this.#end();
      this.#abandon?.(new Error(event.message));
    };
    return worker;
  }

  #end(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
  }

  /** Ends the worker. What it was still to parse comes out as failed. */
  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#end();
    this.#abandon?.(new Error("it has been stopped"));
  }
}

/** Main thread to worker: first the file, then a call for each further slice. */
type ToWorker =
  | {
    readonly kind: "parse";
    readonly format: string;
    readonly file: string;
    readonly bytes: Uint8Array<ArrayBuffer>;
  }
  | { readonly kind: "more" };

/** Worker to main thread. */
interface Slice {
  readonly pieces: readonly Piece[];
  readonly last: boolean;
}

/** Copying this many pieces into the main thread takes less than 1 ms (bench/config_load.ts). */
const piecesPerSlice = 128;

/**
 * How much this thread gives way to the others (nice(1)): where cores are few, a file that is read
 * again and again shall not take half of one from those who steer VPP.
 */
const niceness = 10;

/** The lowest priority that there is. */
const lowest = 19;

/** The other half of {@link FileWorker}, in its worker. */
export function serveFiles(
  scope: WorkerScope<unknown, unknown>,
  formats: readonly FileFormat<unknown>[],
): void {
  // 0 is the thread that asks, on Linux.
  setPriority(0, Math.min(lowest, getPriority(0) + niceness));
  const nothing: Iterator<Slice> = [][Symbol.iterator]();
  let slices = nothing;
  scope.onmessage = ({ data }) => {
    const asked = data as ToWorker;
    if (asked.kind === "parse") {
      const format = formats.find(({ name }) => name === asked.format);
      if (!format) throw new TypeError(`files of ${asked.format} are not served`);
      slices = sliced(takeApart(format.parse(asked.bytes, asked.file)));
    }
    const next = slices.next();
    if (next.done) return;
    scope.postMessage(next.value);
    // The worker may live for long: it should not hold on to a configuration.
    if (next.value.last) slices = nothing;
  };
}

function* sliced(pieces: Iterable<Piece>): Generator<Slice> {
  let slice: Piece[] = [];
  for (const piece of pieces) {
    slice.push(piece);
    if (slice.length < piecesPerSlice) continue;
    yield { pieces: slice, last: false };
    slice = [];
  }
  yield { pieces: slice, last: true };
}
