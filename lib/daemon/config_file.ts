import { formatProblem } from "../config/mod.ts";
import type { Config, ConfigOutcome } from "../config/mod.ts";
import { reasonOf } from "../log/mod.ts";
import type { Logger } from "../log/mod.ts";
import type { ConfigCheckOutcome, ConfigReloadOutcome, ConfigService } from "../rpc/mod.ts";

/** What a configuration file is checked with and applied to. */
export interface ConfigFileOptions {
  readonly path: string;
  readonly load: () => Promise<ConfigOutcome>;
  /** Puts a valid configuration into force. */
  readonly apply: (config: Config) => Promise<void>;
  /** Told that a reload begins. */
  readonly reloading: () => void;
  /** Told what became of it. */
  readonly reloaded: (ok: boolean) => void;
  readonly log: Logger;
}

/**
 * The configuration file of a running daemon: SIGHUP and the API go through here, so they do the
 * same. Reloads run one after the other; requests that come while one is waiting for its turn share
 * it, because it will read the file after they were made.
 */
export class ConfigFile implements ConfigService {
  readonly #options: ConfigFileOptions;
  #running: Promise<unknown> = Promise.resolve();
  #waiting: Promise<ConfigReloadOutcome> | undefined;

  constructor(options: ConfigFileOptions) {
    this.#options = options;
  }

  /** Validates the file without applying it. Never rejects. */
  async check(): Promise<ConfigCheckOutcome> {
    const outcome = await this.#load();
    return outcome.kind === "valid" ? { kind: "ok" } : refusal(outcome);
  }

  /** Validates and applies the file. Never rejects. */
  reload(): Promise<ConfigReloadOutcome> {
    this.#waiting ??= this.#afterRunning();
    return this.#waiting;
  }

  async #afterRunning(): Promise<ConfigReloadOutcome> {
    await this.#running;
    this.#waiting = undefined;
    const reload = this.#reloadNow();
    this.#running = reload;
    return await reload;
  }

  async #reloadNow(): Promise<ConfigReloadOutcome> {
    const { log, apply, reloading, reloaded } = this.#options;
    log.info("config-reload-start");
    reloading();
    const outcome = await this.#load();
    if (outcome.kind === "invalid") {
      const refused = refusal(outcome);
      log.error("config-check-failed", { type: outcome.stage, err: refused.message });
      reloaded(false);
      return refused;
    }
    try {
      await apply(outcome.config);
    } catch (error) {
      const message = reasonOf(error);
      log.error("config-reload-failed", { err: message });
      reloaded(false);
      return { kind: "reload-error", message };
    }
    reloaded(true);
    log.info("config-reload-done", counts(outcome.config));
    return { kind: "ok" };
  }

  /** A file that cannot be looked at at all is as bad as one that cannot be read. */
  async #load(): Promise<ConfigOutcome> {
    try {
      return await this.#options.load();
    } catch (error) {
      const message = reasonOf(error);
      const file = this.#options.path;
      const problem = { stage: "parse", file, line: 0, column: 0, path: "", message } as const;
      return { kind: "invalid", file, stage: "parse", problems: [problem] };
    }
  }
}

/** All problems, a line each. */
function refusal(
  { stage, problems }: ConfigOutcome & { kind: "invalid" },
): Exclude<ConfigCheckOutcome, { kind: "ok" }> {
  const message = problems.map(formatProblem).join("\n");
  return { kind: stage === "parse" ? "parse-error" : "semantic-error", message };
}

function counts({ frontends, backends, healthchecks }: Config) {
  return {
    frontends: frontends.size,
    backends: backends.size,
    healthchecks: healthchecks.size,
  };
}
