import { configFormat, type FileFormat, FileWorker, readBytes, serveFiles } from "../config/mod.ts";
import { type Clock, systemClock } from "../time/mod.ts";
import { serveAs, startWorker } from "../workers/mod.ts";
import { Accounts } from "./accounts.ts";
import { type AuthOutcome, parseAuthBytes, type ValidAuth } from "./auth_file.ts";

/** A file of `--auth`, as a worker parses it: a thousand entries take 60 ms. */
export const authFormat: FileFormat<ValidAuth> = {
  name: "auth",
  parse: (bytes, file) => parseAuthBytes(bytes, file, new Accounts(systemClock)),
};

/** Reads and checks a file of `--auth` beside what else goes on. Never rejects. */
export async function loadAuthBy(worker: FileWorker, path: string): Promise<AuthOutcome> {
  const bytes = await readBytes(path);
  return bytes instanceof Uint8Array ? await worker.parse(authFormat, bytes, path) : bytes;
}

/** The worker's name, by which a module knows that it runs as this worker. */
const workerName = "maglev-files";

/** Makes a worker that parses configurations and files of `--auth`. */
export function startFileWorker(): Worker {
  return startWorker(import.meta.url, workerName);
}

/** What has such a worker. */
export function openFileWorker(clock: Clock): FileWorker {
  return new FileWorker(clock, startFileWorker);
}

serveAs(workerName, (scope) => serveFiles(scope, [configFormat, authFormat]));
