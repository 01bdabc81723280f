import assert from "node:assert/strict";
import type { Config } from "../../../lib/config/mod.ts";

/** What the checker should think of one backend, in the plainest words. */
interface ModelBackend {
  state: string;
  counter: number;
  rise: number;
  fall: number;
  /** Everything that makes it another target when it changes. */
  target: string;
  /** Neither probed nor steered since it is known. */
  untested: boolean;
  isDrained: boolean;
  fileEnabled: boolean;
  operatorWord: boolean | undefined;
  history: string[];
}

const probed = ["unknown", "up", "down"];

/**
 * A second, naive implementation of docs/healthchecks.md, reloading included, to compare the checker
 * with: no time, no probes, everything computed anew when asked.
 */
export class Model {
  readonly backends = new Map<string, ModelBackend>();
  /** `frontend/pool/backend` to weight. */
  readonly weights = new Map<string, number>();
  readonly #fileWeights = new Map<string, number>();
  /** Transitions in the order in which they should have been told, `name from>to`. */
  readonly told: string[] = [];
  config: Config;

  constructor(config: Config) {
    this.config = config;
    this.#adopt(config);
    this.told.length = 0;
  }

  isProbed(name: string): boolean {
    return probed.includes(this.backends.get(name)?.state ?? "");
  }

  result(name: string, ok: boolean): void {
    const b = this.#get(name);
    b.untested = false;
    if (ok) {
      b.counter++;
      if (b.counter >= b.rise) b.counter = b.rise + b.fall - 1;
    } else {
      b.counter = b.counter > b.rise ? b.counter - 1 : 0;
    }
    this.#enter(name, b.counter >= b.rise ? "up" : "down", b.counter);
  }

  /** Carries out an operator's word; false when it should be refused. */
  operator(verb: "pause" | "resume" | "enable" | "disable" | "drain", name: string): boolean {
    const b = this.backends.get(name);
    if (!b) return false;
    if (verb === "drain") {
      if (b.state === "disabled") return false;
      b.isDrained = true;
      return true;
    }
    if (verb === "enable") b.isDrained = false;
    if (verb === "enable" || verb === "disable") {
      b.operatorWord = verb === "enable";
      if ((verb === "enable") === (b.state === "disabled")) b.untested = false;
      this.#enable(name, verb === "enable");
      return true;
    }
    if (b.state === "disabled") return false;
    if ((verb === "pause") !== (b.state === "paused")) b.untested = false;
    if (verb === "pause" && b.state !== "paused") this.#enter(name, "paused", 0);
    if (verb === "resume" && b.state === "paused") this.#enter(name, "unknown", b.rise - 1);
    return true;
  }

  reload(config: Config): void {
    this.config = config;
    for (const name of [...this.backends.keys()]) {
      if (config.backends.has(name)) continue;
      this.#enter(name, "removed", 0);
      this.backends.delete(name);
    }
    this.#adopt(config);
  }

  /** Per backend in the order of the file: weight and flush, by the table. */
  effective(frontend: string): [string, number | "kept", boolean][] {
    const { pools, flushOnDown } = this.#frontend(frontend);
    const weightOf = (pool: string, backend: string) =>
      this.weights.get(`${frontend}/${pool}/${backend}`) ?? NaN;
    const active = pools.findIndex(({ name, backends }) =>
      backends.some(({ backend }) => this.#isServing(backend) && weightOf(name, backend) > 0)
    );
    return pools.flatMap((pool, i) =>
      pool.backends.map(({ backend }): [string, number | "kept", boolean] => {
        const { state, untested, isDrained } = this.#get(backend);
        const flush = state === "disabled" || (state === "down" && flushOnDown);
        if (isDrained) return [backend, 0, flush];
        if (state === "unknown" && untested) return [backend, "kept", flush];
        const weight = weightOf(pool.name, backend);
        return [backend, state === "up" && i === active ? weight : 0, flush];
      })
    );
  }

  frontendState(frontend: string): string {
    if (this.effective(frontend).some(([, weight]) => typeof weight === "number" && weight > 0)) {
      return "up";
    }
    const members = this.#frontend(frontend).pools.flatMap(({ backends }) => backends);
    const states = members.map(({ backend }) => this.#get(backend))
      .filter(({ isDrained }) => !isDrained).map(({ state }) => state);
    return !states.includes("up") && states.includes("unknown") ? "unknown" : "down";
  }

  #isServing(backend: string): boolean {
    const { state, isDrained } = this.#get(backend);
    return state === "up" && !isDrained;
  }

  #adopt(config: Config): void {
    const fresh: string[] = [];
    for (const { name, healthcheck, enabled, address } of config.backends.values()) {
      const check = config.healthchecks.get(healthcheck) ?? assert.fail();
      const { rise, fall } = check;
      const port = check.type === "icmp" ? 0 : check.port;
      const target = JSON.stringify([port, address.text, config.netns]);
      const known = this.backends.get(name);
      // Set again, so that the order becomes the file's.
      this.backends.delete(name);
      if (known) this.backends.set(name, known);
      if (!known) {
        if (!enabled) fresh.push(`${name} unknown>disabled`);
        this.backends.set(name, {
          ...(enabled
            ? { state: "unknown", counter: rise - 1 }
            : { state: "disabled", counter: 0 }),
          ...{ rise, fall, target, untested: true, isDrained: false },
          ...{ fileEnabled: enabled, operatorWord: undefined, history: [] },
        });
        continue;
      }
      const max = known.rise + known.fall - 1;
      const isFull = known.counter === max;
      if (known.state === "unknown") known.counter = rise - 1;
      else if (known.state === "up" && known.target !== target) known.counter = rise;
      else if (known.state === "down" && known.target !== target) known.counter = rise - 1;
      else if (known.state === "up" && isFull) known.counter = rise + fall - 1;
      else if (known.state === "up") {
        known.counter = Math.min(Math.max(known.counter, rise), rise + fall - 1);
      } else if (known.state === "down") known.counter = Math.min(known.counter, rise - 1);
      Object.assign(known, { rise, fall, target });
      if (known.fileEnabled !== enabled) {
        if (known.operatorWord !== enabled) {
          if (enabled === (known.state === "disabled")) known.untested = false;
          this.#enable(name, enabled);
        }
        known.operatorWord = undefined;
      }
      known.fileEnabled = enabled;
      known.history.length = Math.min(known.history.length, config.transitionHistory);
    }
    this.told.push(...fresh);
    const before = new Map(this.weights);
    this.weights.clear();
    for (const { name, pools } of config.frontends.values()) {
      for (const pool of pools) {
        for (const { backend, weight } of pool.backends) {
          const place = `${name}/${pool.name}/${backend}`;
          const isSaid = this.#fileWeights.get(place) === weight;
          this.weights.set(place, (isSaid ? before.get(place) : undefined) ?? weight);
          this.#fileWeights.set(place, weight);
        }
      }
    }
    for (const place of this.#fileWeights.keys()) {
      if (!this.weights.has(place)) this.#fileWeights.delete(place);
    }
  }

  #enable(name: string, enabled: boolean): void {
    const b = this.#get(name);
    if (enabled && b.state === "disabled") this.#enter(name, "unknown", b.rise - 1);
    if (!enabled && b.state !== "disabled") this.#enter(name, "disabled", 0);
  }

  #enter(name: string, state: string, counter: number): void {
    const b = this.#get(name);
    b.counter = counter;
    if (state === "disabled") b.isDrained = false;
    if (b.state === state) return;
    this.told.push(`${name} ${b.state}>${state}`);
    b.history.unshift(`${b.state}>${state}`);
    b.history.length = Math.min(b.history.length, this.config.transitionHistory);
    b.state = state;
  }

  #get(name: string): ModelBackend {
    return this.backends.get(name) ?? assert.fail(name);
  }

  #frontend(name: string) {
    return this.config.frontends.get(name) ?? assert.fail(name);
  }
}
