import {
  type Assembler,
  configFormat,
  type FileFormat,
  FileWorker,
  readBytes,
  serveFiles,
} from "../config/mod.ts";
import { type Clock, systemClock } from "../time/mod.ts";
import { serveAs, startWorker } from "../workers/mod.ts";
import { Accounts } from "./accounts.ts";
import { type AuthOutcome, parseAuthBytes, type ValidAuth } from "./auth_file.ts";
import type { AuthRules, Grant } from "./rules.ts";

type Token = AuthRules["tokens"][number];
type Named = Grant & { readonly name: string };

/** A part of the rules: first the whole without what there may be thousands of, then that. */
export type AuthPiece =
  | { readonly rules: AuthRules }
  | { readonly user: readonly [number, Grant] }
  | { readonly group: readonly [number, Grant] }
  | { readonly certificate: readonly [string, Named] }
  | { readonly token: Token };

/** A file of `--auth`, as a worker parses it: a thousand entries take 60 ms. */
export const authFormat: FileFormat<ValidAuth, AuthPiece> = {
  name: "auth",
  parse: (bytes, file) => parseAuthBytes(bytes, file, new Accounts(systemClock)),
  *takeApart({ rules }) {
    const { users, groups, certificates, tokens } = rules;
    const none = { users: new Map(), groups: new Map(), certificates: new Map(), tokens: [] };
    yield { rules: { ...rules, ...none } };
    for (const user of users) yield { user };
    for (const group of groups) yield { group };
    for (const certificate of certificates) yield { certificate };
    for (const token of tokens) yield { token };
  },
  assembler: (): Assembler<ValidAuth, AuthPiece> => {
    const users = new Map<number, Grant>();
    const groups = new Map<number, Grant>();
    const certificates = new Map<string, Named>();
    const tokens: Token[] = [];
    let rules: AuthRules | undefined;
    return {
      add: (piece) => {
        if ("rules" in piece) rules = piece.rules;
        else if ("user" in piece) users.set(...piece.user);
        else if ("group" in piece) groups.set(...piece.group);
        else if ("certificate" in piece) certificates.set(...piece.certificate);
        else tokens.push(piece.token);
      },
      finish: () => {
        if (!rules) throw new TypeError("the first piece of the rules is missing");
        return { kind: "valid", rules: { ...rules, users, groups, certificates, tokens } };
      },
    };
  },
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
