import type { HealthCheck } from "../config/mod.ts";
import {
  type BackendInput,
  type BackendState,
  isProbed,
  nextDelay,
  remember,
  type Step,
  step,
  type Transition,
} from "../health/mod.ts";
import type { ProbeResult } from "../probes/mod.ts";
import type { Clock } from "../time/mod.ts";
import type { BackendEntry } from "./backend.ts";
import type { Announcement, EventQueue } from "./events.ts";
import type { FrontendEntry } from "./frontend.ts";
import type { ProbeJob } from "./probing.ts";
import type { CheckerObserver } from "./types.ts";

/** The part of `Probing` that a change of state needs. */
export interface Prober {
  begin(job: ProbeJob<BackendEntry>, withinMs: number): void;
  halt(job: ProbeJob<BackendEntry>): void;
}

/** What {@link States} needs. */
export interface StatesOptions {
  readonly clock: Clock;
  readonly events: EventQueue;
  readonly observer: CheckerObserver;
  readonly prober: Prober;
  /** Transitions kept per backend at present. */
  readonly historyLimit: () => number;
}

/** Carries out what the state machine says: everything that follows from an input, in one step. */
export class States {
  readonly #options: StatesOptions;

  constructor(options: StatesOptions) {
    this.#options = options;
  }

  /** Takes a probe's result in. Returns the delay to the next probe, undefined for no next one. */
  probed(entry: BackendEntry, result: ProbeResult): number | undefined {
    const { clock, observer } = this.#options;
    entry.lastResult = result;
    entry.lastAt = clock.wall();
    observer.probeDone(entry.name, entry.check.type, result);
    this.input(entry, result.ok ? "pass" : "fail", result);
    return delayOf(entry, entry.check);
  }

  /** Applies an input to a backend: state, probing, frontends, observer, log and events. */
  input(entry: BackendEntry, input: BackendInput, result?: ProbeResult): Step {
    const outcome = step(entry.health, input, entry.check);
    if (outcome.kind === "refused") return outcome;
    const from = entry.health.state;
    entry.health = outcome.health;
    const { prober } = this.#options;
    if (outcome.probing === "start") prober.begin(entry.job, entry.check.fastIntervalMs);
    if (outcome.probing === "stop") prober.halt(entry.job);
    if (from !== entry.health.state) this.#transition(entry, from, input, result);
    return outcome;
  }

  /** What to announce if the frontend's state is not the one last announced. */
  recheck(frontend: FrontendEntry): Announcement[] {
    frontend.touch();
    const from = frontend.state;
    const to = frontend.tally.state;
    if (from === to) return [];
    frontend.state = to;
    const { name, address, pools } = frontend.config;
    const transition = { from, to, at: this.#options.clock.wall() };
    const pool = pools[frontend.tally.activePool]?.name;
    return [{
      event: { kind: "frontend", frontend: name, transition },
      attributes: { frontend: name, address: address.text, from, to, pool },
    }];
  }

  #transition(
    entry: BackendEntry,
    from: BackendState,
    input: BackendInput,
    result: ProbeResult | undefined,
  ): void {
    const { clock, events, observer, historyLimit } = this.#options;
    const to = entry.health.state;
    const { code, detail } = result ?? {};
    const because = result && { code: result.code, detail: result.detail };
    const transition: Transition<BackendState> = {
      ...{ from, to, at: clock.wall() },
      ...(because && { because }),
    };
    entry.since = transition.at;
    entry.transitions = remember(entry.transitions, transition, historyLimit());
    const { memberships, frontends } = entry.placement;
    for (const { frontend, pool, weight } of memberships) {
      frontend.tally.moved(pool, weight, from, to);
    }
    observer.transition(entry.name, from, to);
    const { name, config } = entry;
    events.push([
      {
        event: { kind: "backend", backend: name, transition, frontends },
        attributes: {
          backend: name,
          address: config.address.text,
          from,
          to,
          cause: input,
          code,
          detail,
        },
      },
      ...memberships.flatMap(({ frontend }) => this.recheck(frontend)),
    ]);
  }
}

function delayOf(entry: BackendEntry, check: HealthCheck): number | undefined {
  const { state, counter } = entry.health;
  return isProbed(state) ? nextDelay(state, counter, check) : undefined;
}
