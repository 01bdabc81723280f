import type { HealthCheck } from "../config/mod.ts";
import type { BackendState } from "../health/mod.ts";
import { type Logger, reasonOf } from "../log/mod.ts";
import type { ProbeResult } from "../probes/mod.ts";
import type { CheckerObserver } from "./types.ts";

/** Who is told of every probe: the metrics, and whoever watches. None of them disturbs the checker. */
export class ProbeObservers implements CheckerObserver {
  readonly #watchers = new Set<{ tell(backend: string, result: ProbeResult): void }>();

  constructor(
    private readonly metrics: CheckerObserver | undefined,
    private readonly log: Logger,
  ) {}

  /** Calls `tell` for every finished probe until the returned function is called. */
  watch(tell: (backend: string, result: ProbeResult) => void): () => void {
    const watcher = { tell };
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  probeDone(backend: string, type: HealthCheck["type"], result: ProbeResult): void {
    this.#guard(() => {
      this.metrics?.probeDone(backend, type, result);
      for (const watcher of this.#watchers) watcher.tell(backend, result);
    });
  }

  transition(backend: string, from: BackendState, to: BackendState): void {
    this.#guard(() => this.metrics?.transition(backend, from, to));
  }

  removed(backend: string): void {
    this.#guard(() => this.metrics?.removed(backend));
  }

  #guard(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.log.error("checker-observer-failed", { err: reasonOf(error) });
    }
  }
}
