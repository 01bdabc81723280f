import type { ProbeResult, ProbeTarget, StartProbe } from "../probes/mod.ts";
import type { Clock, Timer } from "../time/mod.ts";
import type { Checker } from "../checker/mod.ts";
import type { MaglevEvent } from "../events/mod.ts";
import type { Random } from "./random.ts";

/** How a server is doing. */
export type ServerBehaviour =
  /** Answers well, within a fifth of the timeout. */
  | "well"
  /** Refuses. */
  | "refuses"
  /** Answers nothing. */
  | "silent"
  /** Answers now well, now not. */
  | "flaky";

/** From a probe that lacked something to the next, with jitter, in milliseconds. */
const longestRetryMs = 5_500;

/** The servers of the simulation and the way to them: it answers probes in place of `probes`. */
export class SimulatedNetwork {
  readonly #behaviours = new Map<string, ServerBehaviour>();
  /** Addresses of servers that were not well at some time. */
  readonly everFaulty = new Set<string>();
  /** When a server answered a probe for the first time. */
  readonly #answeredAt = new Map<string, number>();
  #lackingUntil = -Infinity;
  #calmAt = 0;

  constructor(private readonly clock: Clock, private readonly random: Random) {}

  /** Sets how the server at `address` is doing from now on. */
  set(address: string, behaviour: ServerBehaviour): void {
    this.#behaviours.set(address, behaviour);
    if (behaviour !== "well") this.everFaulty.add(address);
  }

  /** How the server at `address` is doing. */
  behaviour(address: string): ServerBehaviour {
    return this.#behaviours.get(address) ?? "well";
  }

  /** For so many milliseconds maglevd lacks what probes need. */
  lack(ms: number): void {
    this.#lackingUntil = this.clock.now() + ms;
    this.#calmAt = this.#lackingUntil + longestRetryMs;
  }

  /** maglevd has stood still for so long, and its probes come later by as much. */
  stoodStill(ms: number): void {
    if (this.#calmAt > this.clock.now() - ms) this.#calmAt += ms;
  }

  /** From then on no probe has lacked anything, and the one after a lack has come. */
  get calmAt(): number {
    return this.#calmAt;
  }

  /** Nobody is flaky any more: what is now stays so. */
  settle(): void {
    this.#lackingUntil = -Infinity;
    for (const [address, behaviour] of this.#behaviours) {
      if (behaviour === "flaky") {
        this.#behaviours.set(address, this.random.pick(["well", "refuses"]));
      }
    }
  }

  /** Starts a probe, as `probes` would. */
  readonly start: StartProbe = (target, done) => {
    const { delayMs, result } = this.#outcome(target);
    const timer: Timer = this.clock.after(delayMs, () => {
      if (result.ok) this.#answeredAt.getOrInsert(target.address.text, this.clock.now());
      done({ ...result, durationMs: delayMs });
    });
    return () => timer.cancel();
  };

  /** For how long a server has been known to answer, in milliseconds; -1 if it is not. */
  answersFor(address: string): number {
    const at = this.#answeredAt.get(address);
    return at === undefined ? -1 : this.clock.now() - at;
  }

  #outcome(
    { address, check }: ProbeTarget,
  ): { delayMs: number; result: Omit<ProbeResult, "durationMs"> } {
    const { random } = this;
    if (this.clock.now() < this.#lackingUntil) {
      return { delayMs: 0, result: { ok: false, code: "SOCKERR", detail: "out of descriptors" } };
    }
    const quick = 1 + random.next() * Math.min(20, check.timeoutMs / 5);
    const behaviour = this.behaviour(address.text);
    const actual = behaviour === "flaky"
      ? random.pick(["well", "refuses", "silent"] as const)
      : behaviour;
    switch (actual) {
      case "well":
        return { delayMs: quick, result: { ok: true, code: "L4OK", detail: "" } };
      case "refuses":
        return { delayMs: quick, result: { ok: false, code: "L4CON", detail: "refused" } };
      case "silent":
        return {
          delayMs: check.timeoutMs,
          result: { ok: false, code: "L4TOUT", detail: "timeout" },
        };
    }
  }
}

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
