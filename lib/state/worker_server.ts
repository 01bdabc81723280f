/**
 * The worker's half: the file and whatever it takes to read and write it. Importing this does
 * nothing, except in a worker that bears its name: there it answers.
 *
 * @module
 */

import type { EventPage, EventQuery } from "../events/mod.ts";
import { serveAs, type WorkerScope } from "../workers/mod.ts";
import { Store } from "./store.ts";
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

/** A module that, imported by a worker of the right name, serves. */
export const workerModule: string = import.meta.url;

function serve(scope: WorkerScope<ToWorker, FromWorker>): void {
  let store: Store | undefined;
  const answer = (message: ToWorker): FromWorker => {
    switch (message.kind) {
      case "open":
        store = new Store(message.directory, Date.now);
        return store.open();
      case "write":
        return store?.write(message.batch) ?? { kind: "failed", reason: "the file is not open" };
      case "list":
        return store?.list(message.query, message.before) ?? { events: [], next: undefined };
      case "close":
        store?.[Symbol.dispose]();
        return { kind: "closed" };
    }
  };
  scope.onmessage = ({ data }) => {
    try {
      scope.postMessage(answer(data));
    } catch (error) {
      // It ends this thread, and the next one finds the file locked if it is not given back.
      store?.[Symbol.dispose]();
      throw error;
    }
  };
}

serveAs(workerName, serve);
