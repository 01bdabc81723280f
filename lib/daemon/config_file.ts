import {
  type DesiredSource,
  type ForeseenReload,
  type ReloadOptions,
  type ReloadOutcome,
  ReloadRefused,
} from "../checker/mod.ts";
import {
  type Config,
  type ConfigOutcome,
  type ConfigWarning,
  fileProblem,
  formatProblem,
  type InvalidFile,
  readBytes,
} from "../config/mod.ts";
import { type Actor, because, type EventSink } from "../events/mod.ts";
import { type Logger, reasonOf } from "../log/mod.ts";
import type {
  ConfigCheckOutcome,
  ConfigReloadOutcome,
  ConfigService,
  DaemonStatus,
  VppForecast,
} from "../api/mod.ts";
import { forecastAttributes } from "./vpp_forecast.ts";

/** What a configuration file is checked with and applied to. */
export interface ConfigFileOptions {
  readonly path: string;
  readonly load: () => Promise<ConfigOutcome>;
  /** What tells whether the file says something else. Never rejects. */
  readonly stamp: () => Promise<Stamp>;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Puts a valid configuration into force, and tells what that came to. */
  readonly apply: (config: Config, options: ReloadOptions) => Promise<ReloadOutcome>;
  /** What putting it into force would come to. */
  readonly foresee: (config: Config) => Promise<ForeseenReload>;
  /** What VPP would be told if this were desired; absent when VPP is off. Never rejects. */
  readonly foreseeVpp?: ((desired: DesiredSource) => Promise<VppForecast>) | undefined;
  /** Told that a reload begins. */
  readonly reloading: () => void;
  /** Told what became of it: undefined when the file is in force, else why it is not. */
  readonly reloaded: (refusal: string | undefined) => void;
  readonly log: Logger;
  /** Is told of files that are not put into force. */
  readonly events: EventSink;
}

/**
 * The configuration file of a running daemon: SIGHUP and the API go through here, so they do the
 * same. The file is loaded by one of them at a time.
 */
export class ConfigFile implements ConfigService {
  readonly #loads = new SingleFlight(() => this.#loadNow());
  readonly #checks = new SingleFlight(() => this.#checkNow());
  readonly #forecasts = new SingleFlight(() => this.#foreseeNow());
  readonly #reloads = new SingleFlight(() => this.#reloadNow());
  /** Who asked for the reload that waits for its turn; of several the first, or who first insists. */
  #actor: Actor | undefined;
  /** Whether one of them insists. */
  #isForced = false;
  /** The stamp of the file that is in force, and since when it is. */
  #stamp: Promise<Stamp>;
  #loadedAt: number;
  /** Why the last reload was refused. */
  #refusal = "";

  /** Of a file that has just been put into force. */
  constructor(private readonly options: ConfigFileOptions) {
    this.#stamp = options.stamp();
    this.#loadedAt = options.now();
  }

  /** How old what is in force is, and whether the file says something else. */
  async status(): Promise<DaemonStatus["config"]> {
    const { path, stamp } = this.options;
    const { text, unreadable } = await stamp();
    const isChanged = text !== (await this.#stamp).text;
    return { path, loadedAt: this.#loadedAt, isChanged, unreadable, rejected: this.#refusal };
  }

  /** Validates the file without applying it. Never rejects. */
  check(): Promise<ConfigCheckOutcome> {
    return this.#checks.run();
  }

  /** Validates the file and tells what applying it would come to. Never rejects. */
  foresee(): Promise<ConfigReloadOutcome> {
    return this.#forecasts.run();
  }

  /** Validates and applies the file. Never rejects. */
  reload(actor: Actor, isForced = false): Promise<ConfigReloadOutcome> {
    const isFirstToInsist = isForced && !this.#isForced;
    this.#actor = isFirstToInsist ? actor : this.#actor ?? actor;
    this.#isForced ||= isForced;
    return this.#reloads.run();
  }

  async #checkNow(): Promise<ConfigCheckOutcome> {
    const { log, path } = this.options;
    log.info("config-check-start", { path });
    const outcome = await this.#loads.run();
    if (outcome.kind === "invalid") {
      const refused = refusal(outcome);
      const { message: err } = refused;
      log.info("config-check-done", { result: "failed", type: outcome.stage, err });
      return refused;
    }
    const warnings = outcome.warnings.length || undefined;
    log.info("config-check-done", { result: "ok", warnings });
    return { kind: "ok", ...warningsOf(outcome) };
  }

  async #foreseeNow(): Promise<ConfigReloadOutcome> {
    const outcome = await this.#loads.run();
    if (outcome.kind === "invalid") return refusal(outcome);
    try {
      const { desired, ...reload } = await this.options.foresee(outcome.config);
      const vpp = await this.options.foreseeVpp?.(desired);
      return { kind: "ok", ...warningsOf(outcome), reload, ...(vpp && { vpp }) };
    } catch (error) {
      return { kind: "reload-error", message: reasonOf(error) };
    }
  }

  async #reloadNow(): Promise<ConfigReloadOutcome> {
    const { log, apply, reloading, reloaded } = this.options;
    const [actor, isForced] = [this.#actor, this.#isForced];
    this.#actor = undefined;
    this.#isForced = false;
    log.info("config-reload-start");
    reloading();
    const stamp = this.options.stamp();
    const outcome = await this.#loads.run();
    if (outcome.kind === "invalid") {
      const refused = refusal(outcome);
      this.#rejected(outcome.stage, refused.message, actor);
      reloaded(refused.message);
      return refused;
    }
    logWarnings(outcome.warnings, log);
    let reload: ReloadOutcome;
    let vpp: VppForecast | undefined;
    try {
      // Before: as soon as it is applied, VPP is being told.
      vpp = await this.#foreseeVpp(outcome.config);
      reload = await apply(outcome.config, { actor, isForced });
    } catch (error) {
      const message = reasonOf(error);
      const isRefused = error instanceof ReloadRefused;
      this.#rejected(isRefused ? "safety" : "apply", message, actor, error);
      reloaded(message);
      return isRefused
        ? { kind: "refused", message, reload: error.outcome }
        : { kind: "reload-error", message };
    }
    this.#stamp = stamp;
    this.#loadedAt = this.options.now();
    this.#refusal = "";
    reloaded(undefined);
    log.info("config-reload-done", { ...counts(outcome.config), ...forecastAttributes(vpp) });
    return { kind: "ok", reload, ...(vpp && { vpp }) };
  }

  async #foreseeVpp(config: Config): Promise<VppForecast | undefined> {
    const { foresee, foreseeVpp } = this.options;
    return foreseeVpp && await foreseeVpp((await foresee(config)).desired);
  }

  #rejected(
    stage: "parse" | "semantic" | "safety" | "apply",
    reason: string,
    actor: Actor | undefined,
    error?: unknown,
  ): void {
    this.#refusal = reason;
    const changes = error instanceof ReloadRefused && { changes: error.outcome.changes };
    const cause = { kind: "config" } as const;
    const rejected = { kind: "reload", result: "rejected", stage, reason, ...changes } as const;
    this.options.events.emit(because({ cause, actor }, [rejected]));
  }

  /** A file that cannot be looked at at all is as bad as one that cannot be read. */
  async #loadNow(): Promise<ConfigOutcome> {
    try {
      return await this.options.load();
    } catch (error) {
      return fileProblem(this.options.path, reasonOf(error));
    }
  }
}

/** What a valid file says in vain, for who asked for a check. */
function warningsOf({ warnings }: { readonly warnings: readonly ConfigWarning[] }) {
  return warnings.length > 0 && { warnings: warnings.map(formatProblem) };
}

/** What a valid file says in vain, a record each. */
export function logWarnings(warnings: readonly ConfigWarning[], log: Logger): void {
  for (const warning of warnings) log.warn("config-warning", { reason: formatProblem(warning) });
}

/**
 * Work that is done once at a time. Requests that come while one waits share it, because it will look
 * at the file after they were made; those that come while it runs do not.
 */
class SingleFlight<T> {
  #running: Promise<unknown> = Promise.resolve();
  #waiting: Promise<T> | undefined;

  constructor(private readonly work: () => Promise<T>) {}

  /** The result of the next run. Never rejects if the work never does. */
  run(): Promise<T> {
    return this.#waiting ??= this.#afterRunning();
  }

  async #afterRunning(): Promise<T> {
    await this.#running;
    this.#waiting = undefined;
    const run = this.work();
    this.#running = run;
    return await run;
  }
}

/** All problems, a line each. */
function refusal({ stage, problems }: InvalidFile): Exclude<ConfigCheckOutcome, { kind: "ok" }> {
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

/** A file at a moment. */
export interface Stamp {
  /** Another one when the file says something else, or cannot be read. */
  readonly text: string;
  /** Why it cannot be read; empty if it can. */
  readonly unreadable: string;
}

/** Tells files by what they say: one that was written again, and says the same, has not changed. */
export class FileStamp {
  /** What the file system said of the file that was read last, and the digest of its contents. */
  #seen: { readonly inode: string; readonly stamp: Stamp } | undefined;

  constructor(private readonly path: string) {}

  /**
   * The file is read only when the file system tells of a change, and one too large to be a
   * configuration or without end not at all. Never rejects.
   */
  async now(): Promise<Stamp> {
    try {
      const { mtime, ctime, size, ino } = await Deno.stat(this.path);
      const inode = [mtime?.getTime(), ctime?.getTime(), size, ino].join(" ");
      if (inode === this.#seen?.inode) return this.#seen.stamp;
      const bytes = await readBytes(this.path);
      const stamp = bytes instanceof Uint8Array
        ? { text: await digestOf(bytes), unreadable: "" }
        : { text: inode, unreadable: bytes.problems.map(({ message }) => message).join("; ") };
      this.#seen = { inode, stamp };
      return stamp;
    } catch (error) {
      const reason = reasonOf(error);
      return { text: reason, unreadable: `cannot be read: ${reason}` };
    }
  }
}

async function digestOf(octets: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", octets)).toHex();
}
