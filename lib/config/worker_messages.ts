import type { Piece } from "./pieces.ts";

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
