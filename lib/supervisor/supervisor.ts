import { type Logger, reasonOf } from "../log/mod.ts";
import { type Clock, sleep } from "../time/mod.ts";

/** Before the first restart; doubled with each failure that follows soon. */
const firstDelayMs = 100;

/** The longest wait before a restart. */
const longestDelayMs = 10_000;

/** The same failure of a task is logged again after this time only. */
const repeatMs = 60_000;

/** Work that went well for so long begins again with the first delay. */
const calmMs = 60_000;

/**
 * Nothing that runs in this process can be trusted any more, as when its thread could not leave a
 * network namespace: the process has to end, and the service manager starts another.
 */
export class FatalError extends Error {
  /** For `instanceof` across bundles, and for logs. */
  override readonly name = "FatalError";
}

/** Work that goes on until `signal` is aborted. One that resolves earlier has come to its end. */
export type Work = (signal: AbortSignal) => Promise<void>;

/** What a supervisor needs. */
export interface SupervisorOptions {
  /** Times the restarts. */
  readonly clock: Clock;
  /** Takes `task-failed`. */
  readonly log: Logger;
  /** Told of each failure, for metrics. The names of tasks are constants. */
  readonly failed?: ((task: string) => void) | undefined;
  /** Told of an error after which the process has to end. */
  readonly fatal: (error: FatalError) => void;
}

/** One piece of work under a supervisor. */
export interface Task extends AsyncDisposable {
  /** Restarts so far. */
  readonly restarts: number;
  /** Aborts the work's signal and waits until it has ended. Idempotent. */
  close(): Promise<void>;
}

/**
 * Keeps long-running work going: what fails is counted, logged and started again, after 100 ms at
 * first and 10 s at most. Only a {@link FatalError} ends more than the one task.
 */
export class Supervisor {
  readonly #options: SupervisorOptions;

  /** Nothing runs yet. */
  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** Starts `work`. Whoever starts it closes it. */
  start(name: string, work: Work): Task {
    return new SupervisedTask(name, work, this.#options);
  }
}

class SupervisedTask implements Task {
  restarts = 0;
  readonly #abort = new AbortController();
  readonly #life: Promise<void>;
  #delayMs = firstDelayMs;
  #logged: { readonly err: string; readonly at: number } | undefined;

  constructor(
    private readonly name: string,
    private readonly work: Work,
    private readonly options: SupervisorOptions,
  ) {
    this.#life = this.#live();
  }

  async close(): Promise<void> {
    this.#abort.abort(new Error("maglevd is stopping"));
    await this.#life;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #live(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      const startedAt = this.options.clock.now();
      try {
        return await this.work(signal);
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof FatalError) return this.options.fatal(error);
        if (this.options.clock.now() - startedAt >= calmMs) this.#delayMs = firstDelayMs;
        this.#report(error);
        await sleep(this.options.clock, this.#delayMs, this.#abort.signal);
        this.#delayMs = Math.min(2 * this.#delayMs, longestDelayMs);
        this.restarts++;
      }
    }
  }

  #report(error: unknown): void {
    const { clock, log, failed } = this.options;
    failed?.(this.name);
    const err = reasonOf(error);
    const at = clock.now();
    if (this.#logged?.err === err && at - this.#logged.at < repeatMs) return;
    this.#logged = { err, at };
    log.error("task-failed", {
      task: this.name,
      err,
      stack: error instanceof Error ? error.stack : undefined,
      "restart-in-ms": this.#delayMs,
    });
  }
}
