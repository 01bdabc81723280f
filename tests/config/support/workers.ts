/** Workers that parse files, of which a test learns something. */

import { startFileWorker } from "../../../lib/access/auth_format.ts";

/** One that serves, and what it is asked: a format, or `more`. */
export function overheard(asked: string[]): Worker {
  const worker = startFileWorker();
  const post = worker.postMessage.bind(worker);
  worker.postMessage = (message: { kind: string; format?: string }, ...more: unknown[]) => {
    asked.push(message.format ?? message.kind);
    post(message, ...more as [Transferable[]]);
  };
  return worker;
}

/** The same worker, of which `terminated` is told when it is ended. */
export function noticed(worker: Worker, terminated: () => void): Worker {
  const terminate = worker.terminate.bind(worker);
  worker.terminate = () => {
    terminated();
    terminate();
  };
  return worker;
}
