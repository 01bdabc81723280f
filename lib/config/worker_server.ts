/**
 * The worker's half of parsing big files. Importing this does nothing, except in a worker that
 * bears its name: there it answers.
 *
 * @module
 */

import { getPriority, setPriority } from "node:os";
import { serveAs, type WorkerScope } from "../workers/mod.ts";
import { decode } from "./file_text.ts";
import { parseConfig } from "./parse.ts";
import { type Piece, takeApart } from "./pieces.ts";
import { type Slice, type ToWorker, workerName } from "./worker_messages.ts";

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
    if (data.kind === "parse") slices = sliced(piecesOf(data.file, data.bytes));
    const next = slices.next();
    if (next.done) return;
    scope.postMessage(next.value);
    // The worker may live for long: it should not hold on to a configuration.
    if (next.value.last) slices = nothing;
  };
}

function piecesOf(file: string, bytes: Uint8Array<ArrayBuffer>): Iterable<Piece> {
  const decoded = decode(bytes, file);
  return takeApart(decoded.kind === "failed" ? decoded.outcome : parseConfig(decoded.text, file));
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
