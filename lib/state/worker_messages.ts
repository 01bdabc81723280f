import type { EventPage, EventQuery } from "../events/mod.ts";
import type { Batch, Opened, Written } from "./types.ts";

/** The worker's name, by which a module knows that it runs as this worker. */
export const workerName = "maglev-state";

/** Main thread to worker. Each is answered by one message, in order. */
export type ToWorker =
  | { readonly kind: "open"; readonly directory: string }
  | { readonly kind: "write"; readonly batch: Batch }
  | { readonly kind: "list"; readonly query: EventQuery; readonly before: number }
  | { readonly kind: "close" };

/** Worker to main thread. */
export type FromWorker = Opened | Written | EventPage | { readonly kind: "closed" };
