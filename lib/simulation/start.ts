import type { Checker } from "../checker/mod.ts";
import type { MaglevEvent } from "../events/mod.ts";
import type { StartProbe } from "../probes/mod.ts";
import type { Clock } from "../time/mod.ts";

/** How late a probe may be, in milliseconds. */
const slackMs = 500;

/** What one maglevd learns from its start on, and whether it does so in time. */
export class StartWatch {
  readonly #known = new Set<string>();
  #checker: Checker | undefined;
  #clock: Clock | undefined;
  /** First probes may have been spread so far, by any configuration there was. */
  #spreadMs = 0;

  /** `start`, with an eye on the results. */
  watching(start: StartProbe): StartProbe {
    return (target, done) =>
      start(target, (result) => {
        if (result.code !== "SOCKERR") this.#known.add(target.address.text);
        done(result);
      });
  }

  /**
   * It runs. What the file disables or gives no weight, nobody has to look at; what is restored,
   * what operators said included, is known.
   */
  begin(checker: Checker, clock: Clock): void {
    this.#checker = checker;
    this.#clock = clock;
    this.#spreadMs = spreadOf(checker);
    for (const name of checker.backendNames()) {
      const backend = checker.backend(name);
      const isOut = backend?.state === "disabled" || backend?.state === "paused";
      if (isOut || backend?.drain) this.#learn(name);
    }
    for (const name of checker.frontendNames()) {
      const members = checker.frontend(name)?.config.pools.flatMap(({ backends }) => backends) ??
        [];
      for (const { backend, weight } of members) if (weight === 0) this.#learn(backend);
    }
  }

  /** Somebody said something about a backend, or a probe did. */
  hear(event: MaglevEvent): void {
    if (event.kind === "backend") this.#known.add(event.address);
    if (event.kind === "drain") this.#learn(event.backend);
    if (event.kind === "weight" && event.configured.from !== event.configured.to) {
      this.#learn(event.backend);
    }
    // Who moves takes along what was said of it, such as that it is disabled.
    if (event.kind !== "reload" || event.result === "rejected") return;
    for (const { kind, name } of event.changes) if (kind === "backend") this.#learn(name);
  }

  #learn(backend: string): void {
    const address = this.#checker?.config.backends.get(backend)?.address;
    if (address) this.#known.add(address.text);
  }

  /** Whether anything is known of the server at this address. */
  isKnown(address: string): boolean {
    return this.#known.has(address);
  }

  /**
   * Backends that nobody has looked at although there was time since `calmSince`: all are to be
   * known before the warm-up is over.
   */
  unprobed(calmSince: number): string[] {
    const [checker, clock] = [this.#checker, this.#clock];
    if (!checker || !clock) return [];
    const spreadMs = this.#spreadMs = Math.max(this.#spreadMs, spreadOf(checker));
    return checker.backendNames().flatMap((name) => {
      const backend = checker.backend(name);
      if (backend?.state !== "unknown" || backend.lastProbe) return [];
      const timeoutMs = checker.healthcheck(backend.config.healthcheck)?.timeoutMs ?? 0;
      const unknownSince = backend.since - clock.wall() + clock.now();
      const waitedMs = clock.now() - Math.max(unknownSince, calmSince);
      return waitedMs > spreadMs + timeoutMs + slackMs
        ? [`${name} has not been probed for ${waitedMs.toFixed(0)} ms`]
        : [];
    });
  }
}

/** Over how many milliseconds first probes are spread. */
function spreadOf(checker: Checker): number {
  const { startupMaxDelayMs } = checker.config.lb;
  return startupMaxDelayMs === 0 ? 1_000 : startupMaxDelayMs / 4;
}
