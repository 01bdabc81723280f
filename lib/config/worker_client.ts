import { reasonOf } from "../log/mod.ts";
import type { Clock } from "../time/mod.ts";
import { startWorker } from "../workers/mod.ts";
import { fileProblem } from "./file_text.ts";
import type { ConfigOutcome } from "./outcome.ts";
import { Assembler } from "./pieces.ts";
import { type Slice, type ToWorker, workerModule, workerName } from "./worker_server.ts";

/** The largest file takes a quarter of this on a slow machine, all slices included. */
const limitMs = 30_000;

/**
 * A worker that parses files. Making one holds the event loop up for some 12 ms, and ending it
 * gives little memory back, so it is kept from its first use until it is disposed of.
 */
export class WorkerParser implements Disposable {
  readonly #clock: Clock;
  readonly #start: () => Worker;
  #worker: Worker | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #disposed = false;
  /** Fails the question that is under way. */
  #abandon: ((reason: Error) => void) | undefined;

  /** Workers are made by `start`. */
  constructor(
    clock: Clock,
    start: () => Worker = startParserWorker,
  ) {
    this.#clock = clock;
    this.#start = start;
  }

  /**
   * Parses after everything asked for before. The bytes are given away to the worker. A worker that
   * fails or does not end in time is ended, so that the next file gets another.
   */
  parse(bytes: Uint8Array<ArrayBuffer>, file: string): Promise<ConfigOutcome> {
    const result = this.#queue.then(() => this.#parse(bytes, file));
    this.#queue = result;
    return result;
  }

  /**
   * The result comes in slices, each asked for after the one before was dealt with, so that
   * other work runs in between.
   */
  async #parse(bytes: Uint8Array<ArrayBuffer>, file: string): Promise<ConfigOutcome> {
    const limit = this.#clock.after(limitMs, () => {
      this.#abandon?.(new Error(`it did not end within ${limitMs / 1000} s`));
    });
    try {
      if (this.#disposed) throw new Error("it has been stopped");
      const assembler = new Assembler();
      let slice = await this.#ask({ kind: "parse", file, bytes }, [bytes.buffer]);
      for (;;) {
        for (const piece of slice.pieces) assembler.add(piece);
        if (slice.last) return assembler.finish();
        slice = await this.#ask({ kind: "more" });
      }
    } catch (error) {
      this.#end();
      const message = `cannot be parsed: the worker failed: ${reasonOf(error)}`;
      return fileProblem(file, 0, 0, message);
    } finally {
      limit.cancel();
    }
  }

  #ask(message: ToWorker, transfer: Transferable[] = []): Promise<Slice> {
    const worker = this.#worker ??= this.#start();
    return new Promise((resolve, reject) => {
      this.#abandon = reject;
      worker.onmessage = ({ data }: MessageEvent<Slice>) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
      worker.postMessage(message, transfer);
    });
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

/** Makes a worker that serves. */
export function startParserWorker(): Worker {
  return startWorker(workerModule, workerName);
}
