import type { AuthOutcome, AuthRules } from "../access/mod.ts";
import { formatProblem } from "../config/mod.ts";
import type { Logger } from "../log/mod.ts";

/** What a file of `--auth` is kept with. */
export interface AuthOptions {
  /** Reads and checks the file. Never rejects. */
  readonly load: () => Promise<AuthOutcome>;
  readonly log: Logger;
}

/** The rules of a file of `--auth`: those of the last time that it was valid. */
export class Auth {
  #rules: AuthRules;
  /** Loads one after the other, so that what was read last is in force. */
  #loading: Promise<void> = Promise.resolve();

  /** Begins with the rules that were read at the start. */
  constructor(rules: AuthRules, private readonly options: AuthOptions) {
    this.#rules = rules;
  }

  /** Those that are in force. */
  get rules(): AuthRules {
    return this.#rules;
  }

  /** Reads the file again; what is wrong with it leaves all as it was. Never rejects. */
  reload(): Promise<void> {
    return this.#loading = this.#loading.then(() => this.#load());
  }

  async #load(): Promise<void> {
    const { load, log } = this.options;
    const outcome = await load();
    if (outcome.kind === "invalid") {
      const err = authProblems(outcome);
      log.error("auth-reload-failed", { type: outcome.stage, err });
      return;
    }
    this.#rules = outcome.rules;
    log.info("auth-reloaded", authCounts(outcome.rules));
  }
}

/** How many are named, for a record. */
export function authCounts({ anonymous, users, groups, certificates, tokens }: AuthRules) {
  return {
    ...{ users: users.size, groups: groups.size },
    ...{ certificates: certificates.size, tokens: tokens.length, anonymous },
  };
}

/** What is wrong with a file, a line for each problem. */
export function authProblems({ problems }: AuthOutcome & { readonly kind: "invalid" }): string {
  return problems.map(formatProblem).join("\n");
}
