import { type FileWorker, formatProblem, type InvalidFile } from "../config/mod.ts";
import type { LogAttributes, Logger } from "../log/mod.ts";
import type { Clock } from "../time/mod.ts";
import { Accounts } from "./accounts.ts";
import { type AuthOutcome, loadAuth } from "./auth_file.ts";
import { loadAuthBy } from "./auth_format.ts";
import type { AuthRules } from "./rules.ts";

/** What a file of `--auth` is kept with. */
export interface AuthOptions {
  /** Reads and checks the file. Never rejects. */
  readonly load: () => Promise<AuthOutcome>;
  readonly log: Logger;
}

/** The rules of a file of `--auth`: those of the last time that it was valid. */
export class Auth {
  #rules: AuthRules;
  #rejected = "";
  /** Loads one after the other, so that what was read last is in force. */
  #loading: Promise<void> = Promise.resolve();

  /** Begins with the rules that were read at the start. */
  constructor(rules: AuthRules, private readonly options: AuthOptions) {
    this.#rules = rules;
  }

  /**
   * Reads the file for the first time, at once; later `worker` parses it. Resolves to what is wrong
   * with it where it cannot be used.
   */
  static async open(
    path: string,
    { worker, clock, log }: {
      readonly worker: FileWorker;
      readonly clock: Clock;
      readonly log: Logger;
    },
  ): Promise<Auth | InvalidFile> {
    const outcome = await loadAuth(path, new Accounts(clock));
    if (outcome.kind === "invalid") return outcome;
    log.info("auth-loaded", authCounts(outcome.rules));
    return new Auth(outcome.rules, { load: () => loadAuthBy(worker, path), log });
  }

  /** Those that are in force. */
  get rules(): AuthRules {
    return this.#rules;
  }

  /** Why the file was not loaded when it was last to be; empty if it was. */
  get rejected(): string {
    return this.#rejected;
  }

  /** Reads the file again; what is wrong with it leaves all as it was. Never rejects. */
  reload(): Promise<void> {
    return this.#loading = this.#loading.then(() => this.#load());
  }

  async #load(): Promise<void> {
    const { load, log } = this.options;
    const outcome = await load();
    if (outcome.kind === "invalid") {
      this.#rejected = authProblems(outcome);
      log.error("auth-reload-failed", { type: outcome.stage, err: this.#rejected });
      return;
    }
    this.#rules = outcome.rules;
    this.#rejected = "";
    log.info("auth-reloaded", authCounts(outcome.rules));
  }
}

/** How many are named, for a record. */
export function authCounts(
  { anonymous, users, groups, certificates, tokens }: AuthRules,
): LogAttributes {
  return {
    ...{ users: users.size, groups: groups.size },
    ...{ certificates: certificates.size, tokens: tokens.length, anonymous },
  };
}

/** What is wrong with a file, a line for each problem. */
export function authProblems({ problems }: AuthOutcome & { readonly kind: "invalid" }): string {
  return problems.map(formatProblem).join("\n");
}
