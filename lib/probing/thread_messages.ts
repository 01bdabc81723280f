import type { Batch } from "./outbox.ts";
import type { Order } from "./types.ts";

/** The worker's name, by which a module knows that it runs as this worker. */
export const workerName = "maglev-probes";

/** What a thread begins with. */
export interface Setup {
  /** The program's version, for the User-Agent. */
  readonly version: string;
  /** How many descriptors the process may have. */
  readonly descriptorLimit: number;
  /** Where all threads count their sockets. */
  readonly admissionCounts: Int32Array<SharedArrayBuffer>;
  /** Where it says how it keeps up. */
  readonly stats: SharedArrayBuffer;
  /** How many messages it has been sent, as it may be too busy to be told. */
  readonly sent: Int32Array<SharedArrayBuffer>;
  /** Whether it needs the runtime's loop, or has one of its own. */
  readonly isTls: boolean;
}

/** To the thread that probes. */
export type ToThread =
  | { readonly kind: "setup"; readonly setup: Setup }
  | { readonly kind: "orders"; readonly orders: readonly Order[] }
  /** The last batch has been dealt with. */
  | { readonly kind: "taken" }
  /** Whether anybody reads debug records. */
  | { readonly kind: "debug"; readonly wanted: boolean }
  | { readonly kind: "close" };

/** From the thread that probes. */
export type FromThread =
  /** It probes, and is woken by this eventfd if it has a loop of its own. */
  | { readonly kind: "ready"; readonly eventfd: number | undefined }
  /** The orders of a message have been carried out. */
  | { readonly kind: "heeded" }
  | { readonly kind: "batch"; readonly batch: Batch }
  /** An error that reached the top there, after which it goes on. */
  | { readonly kind: "stray"; readonly message: string; readonly stack: string | undefined }
  /** An error after which nothing may run any more. */
  | { readonly kind: "fatal"; readonly message: string }
  | { readonly kind: "closed" };
