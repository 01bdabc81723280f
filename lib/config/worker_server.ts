/**
 * The worker's half of parsing big files. Importing this does nothing, except in a worker that
 * bears its name: there it answers.
 *
 * @module
 */

import { getPriority, setPriority } from "node:os";
import { serveAs, type WorkerScope } from "../workers/mod.ts";
import { parseBytes } from "./parse.ts";
import { type Piece, takeApart } from "./pieces.ts";

/** The worker's name, by which a module knows that it runs as this worker. */
export const workerName = "maglev-config";

/** Main thread to worker: first the file, then a call for each further slice. */
export type ToWorker =
  | { readonly kind: "parse"; readonly file: string; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: "more" };

/** Worker to main thread. */
export interface Slice {
  readonly pieces: readonly Piece[];
  readonly last: boolean;
}

/** Copying this many pieces into the main thread takes less than 1 ms (bench/config_load.ts). */
const piecesPerSlice = 128;

/** A module that, imported by a worker of the right name, serves. */
export const workerModule: string = import.meta.url;

/**
 * How much this thread gives way to the others (nice(1)): where cores are few, a file that is read
 * again and again shall not take half of one from those who steer VPP.
 */
const niceness = 10;

/** The lowest priority that there is. */
const lowest = 19;

function serve(scope: WorkerScope<ToWorker, Slice>): void {
  // 0 is the thread that asks, on Linux.
  setPriority(0, Math.min(lowest, getPriority(0) + niceness));
  const nothing: Iterator<Slice> = [][Symbol.iterator]();
  let slices = nothing;
  scope.onmessage = ({ data }) => {
    if (data.kind === "parse") slices = sliced(takeApart(parseBytes(data.bytes, data.file)));
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

serveAs(workerName, serve);
