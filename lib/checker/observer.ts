import type { HealthCheck } from "../config/mod.ts";
import type { BackendState } from "../health/mod.ts";
import { type Logger, reasonOf } from "../log/mod.ts";
import type { ProbeResult } from "../probes/mod.ts";
import type { Counts } from "../probing/mod.ts";
import type { CheckerObserver } from "./types.ts";

/** Who is told of every probe: the metrics, and whoever watches. None of them disturbs the checker. */
export class ProbeObservers implements CheckerObserver {
  readonly #watchers = new Set<{ tell(backend: string, result: ProbeResult): void }>();

  constructor(
    private readonly metrics: CheckerObserver | undefined,
    private readonly log: Logger,
    /** Says whether anybody wants to hear of every single probe. */
    private readonly wants: (wanted: boolean) => void,
  ) {}

  /** Calls `tell` for every finished probe until the returned function is called. */
  watch(tell: (backend: string, result: ProbeResult) => void): () => void {
    const watcher = { tell };
    this.#watchers.add(watcher);
    this.wants(true);
    return () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) this.wants(false);
    };
  }

  /** A result, of those that are watched. */
  pulse(backend: string, result: ProbeResult): void {
    this.#guard(() => {
      for (const watcher of this.#watchers) watcher.tell(backend, result);
    });
  }

  probesDone(backend: string, type: HealthCheck["type"], counts: Counts): void {
    this.#guard(() => this.metrics?.probesDone(backend, type, counts));
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
