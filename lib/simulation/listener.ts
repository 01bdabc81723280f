import type { CheckerView } from "../checker/mod.ts";
import type { MaglevEvent } from "../events/mod.ts";

/**
 * What somebody knows who reads the present state once and hears events from then on. Where it
 * differs from the state, an event was missing, wrong, or told twice.
 */
export class Listener {
  readonly #backends = new Map<string, string>();
  readonly #frontends = new Map<string, string>();
  readonly #pools = new Map<string, string>();
  /** `frontend/backend` to configured and effective weight. */
  readonly #weights = new Map<string, string>();
  /** Frontends that fail open. */
  readonly #open = new Set<string>();
  /** `frontend/backend` of those that start slowly. */
  readonly #rising = new Set<string>();
  /** Backends that are kept down because they flap. */
  readonly #held = new Set<string>();
  /** Backends that drain, and whether they are drained. */
  readonly #drains = new Map<string, string>();
  #seq: number;

  constructor(private readonly checker: CheckerView) {
    this.#seq = checker.events.lastSeq;
    for (const name of checker.backendNames()) {
      this.#backends.set(name, checker.backend(name)?.state ?? "");
      if (checker.backend(name)?.flapHold) this.#held.add(name);
    }
    for (const name of checker.frontendNames()) {
      const frontend = checker.frontend(name);
      if (!frontend) continue;
      this.#frontends.set(name, frontend.state);
      this.#pools.set(name, frontend.activePool);
      if (frontend.failOpenSince !== undefined) this.#open.add(name);
      for (const backend of frontend.slowStarts.keys()) this.#rising.add(`${name}/${backend}`);
    }
    for (const [name, drain] of shownDrains(checker)) this.#drains.set(name, drain);
    for (const [place, weights] of shownWeights(checker)) this.#weights.set(place, weights);
  }

  /** Takes an event in. Returns what is wrong with it. */
  hear(event: MaglevEvent): string[] {
    const expected = ++this.#seq;
    const wrong = event.seq === expected ? [] : [`event ${event.seq} came instead of ${expected}`];
    return [...wrong, ...this.#take(event)];
  }

  /** How what was heard differs from what is; the empty list is right. */
  differences(): string[] {
    const { checker } = this;
    const wrong: string[] = [];
    compare("backend", this.#backends, stateOf(checker.backendNames(), checker.backend), wrong);
    compare("frontend", this.#frontends, stateOf(checker.frontendNames(), checker.frontend), wrong);
    compare("drain of", this.#drains, shownDrains(checker), wrong);
    compare("weights of", this.#weights, shownWeights(checker), wrong);
    for (const name of this.#frontends.keys()) {
      for (const backend of checker.frontend(name)?.slowStarts.keys() ?? []) {
        const place = `${name}/${backend}`;
        if (!this.#rising.has(place)) wrong.push(`slow start of ${place} was not told`);
      }
      const [heard, is] = [this.#open.has(name), checker.frontend(name)?.failOpenSince];
      if (heard !== (is !== undefined)) wrong.push(`fail-open of ${name}: heard ${heard}`);
    }
    for (const name of new Set([...checker.backendNames(), ...this.#held])) {
      const [heard, is] = [this.#held.has(name), checker.backend(name)?.flapHold !== undefined];
      const { flapHold, state } = checker.backend(name) ?? {};
      if (flapHold && state !== "down") wrong.push(`${name} is kept down, but it is ${state}`);
      if (heard !== is) wrong.push(`flap hold of ${name}: heard ${heard}, is ${is}`);
    }
    for (const place of this.#rising) {
      const [name = "", backend = ""] = place.split("/");
      const is = checker.frontend(name)?.slowStarts.has(backend);
      if (!is) wrong.push(`slow start of ${place}: its end was not told`);
    }
    for (const [name, pool] of this.#pools) {
      const active = checker.frontend(name)?.activePool;
      if (pool !== active) wrong.push(`active pool of ${name}: heard ${pool}, is ${active}`);
    }
    return wrong;

    function stateOf<T extends { readonly state: string }>(
      names: readonly string[],
      read: (name: string) => T | undefined,
    ): Map<string, string> {
      return new Map(names.map((name) => [name, read.call(checker, name)?.state ?? ""]));
    }
  }

  #take(event: MaglevEvent): string[] {
    switch (event.kind) {
      case "backend": {
        const { backend, transition: { from, to } } = event;
        return this.#move(this.#backends, backend, from, to, "unknown");
      }
      case "frontend": {
        const { frontend, transition: { from, to }, activePool } = event;
        if (!this.#pools.has(frontend)) this.#pools.set(frontend, activePool);
        if (to === "removed") this.#forget(frontend);
        return this.#move(this.#frontends, frontend, from, to, "unknown");
      }
      case "pool":
        this.#pools.delete(event.frontend);
        this.#pools.set(event.frontend, event.to);
        return event.from === event.to
          ? [`${event.frontend} failed over to ${event.to} again`]
          : [];
      case "weight": {
        const { frontend, backend, configured, effective, flush } = event;
        const before = `${configured.from} ${effective.from}`;
        const after = `${configured.to} ${effective.to}`;
        const place = `${frontend}/${backend}`;
        const heard = this.#weights.get(place) ?? absent;
        if (after === absent) this.#weights.delete(place);
        else this.#weights.set(place, after);
        if (heard !== before) return [`weights of ${place} go from ${before}, heard ${heard}`];
        return before === after && !flush ? [`weights of ${place} are told twice: ${after}`] : [];
      }
      case "drain":
        return this.#hearDrain(event);
      case "safety": {
        const { measure, frontend, backend, change } = event;
        const all = { "fail-open": this.#open, "slow-start": this.#rising };
        const known = { ...all, "flap-hold": this.#held }[measure];
        const about = [frontend, backend].filter((name) => name !== "").join("/");
        const isHeard = known.has(about) === (change === "ended");
        if (change === "begun") known.add(about);
        else known.delete(about);
        return isHeard ? [] : [`${measure} of ${about} has ${change} again`];
      }
      case "reload":
      case "operator":
      case "override":
      case "vpp":
      case "probing":
      case "audit":
        return [];
    }
  }

  #hearDrain({ change, backend }: MaglevEvent & { readonly kind: "drain" }): string[] {
    const heard = this.#drains.get(backend);
    if (change === "ended") this.#drains.delete(backend);
    if (change === "begun") this.#drains.set(backend, "draining");
    if (change === "drained") this.#drains.set(backend, "drained");
    if (change === "begun" || heard === "draining") return [];
    // A drained one can still end.
    return heard && change === "ended"
      ? []
      : [`the drain of ${backend} is ${change}, heard ${heard}`];
  }

  #move(
    known: Map<string, string>,
    name: string,
    from: string,
    to: string,
    fresh: string,
  ): string[] {
    const heard = known.get(name) ?? fresh;
    if (to === "removed") known.delete(name);
    else known.set(name, to);
    if (from === to) return [`${name} goes from ${from} to ${to}`];
    return heard === from || !known.has(name) ? [] : [`${name} goes from ${from}, heard ${heard}`];
  }

  #forget(frontend: string): void {
    this.#pools.delete(frontend);
    for (const place of this.#weights.keys()) {
      if (place.startsWith(`${frontend}/`)) this.#weights.delete(place);
    }
  }
}

const absent = "absent absent";

function shownDrains(checker: CheckerView): Map<string, string> {
  return new Map(
    checker.backendNames().flatMap((name): [string, string][] => {
      const drain = checker.backend(name)?.drain;
      return drain ? [[name, drain.drainedAt === undefined ? "draining" : "drained"]] : [];
    }),
  );
}

function shownWeights(checker: CheckerView): Map<string, string> {
  const weights = new Map<string, string>();
  for (const name of checker.frontendNames()) {
    const frontend = checker.frontend(name);
    const configured = frontend?.config.pools.flatMap((pool) => pool.backends) ?? [];
    for (const [i, { backend, weight }] of (frontend?.weights ?? []).entries()) {
      weights.set(`${name}/${backend}`, `${configured[i]?.weight} ${weight}`);
    }
  }
  return weights;
}

/** A backend or frontend that is still unknown has had no event. */
function compare(
  what: string,
  heard: ReadonlyMap<string, string>,
  actual: ReadonlyMap<string, string>,
  wrong: string[],
): void {
  for (const name of new Set([...heard.keys(), ...actual.keys()])) {
    const [told, is] = [heard.get(name), actual.get(name)];
    if (told === is || (told === undefined && is === "unknown")) continue;
    wrong.push(`${what} ${name}: heard ${told}, is ${is}`);
  }
}
