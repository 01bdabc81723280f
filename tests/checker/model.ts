import assert from "node:assert/strict";
import type { Config } from "../../lib/config/mod.ts";

/** What the checker should think of one backend, in the plainest words. */
interface ModelBackend {
  state: string;
  counter: number;
  rise: number;
  fall: number;
  /** Everything that a restart is due to when it changes. */
  check: string;
  fileEnabled: boolean;
  operatorSpoke: boolean;
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
  /** Transitions in the order in which they should have been told, `name from>to`. */
  readonly told: string[] = [];
  config: Config;

  constructor(config: Config) {
    this.config = config;
    this.#adopt(config);
  }

  isProbed(name: string): boolean {
    return probed.includes(this.backends.get(name)?.state ?? "");
  }

  result(name: string, ok: boolean): void {
    const b = this.#get(name);
    if (ok) {
      b.counter++;
      if (b.counter >= b.rise) b.counter = b.rise + b.fall - 1;
    } else {
      b.counter = b.counter > b.rise ? b.counter - 1 : 0;
    }
    this.#enter(name, b.counter >= b.rise ? "up" : "down", b.counter);
  }

  /** Carries out an operator's word; false when it should be refused. */
  operator(verb: "pause" | "resume" | "enable" | "disable", name: string): boolean {
    const b = this.backends.get(name);
    if (!b) return false;
    if (verb === "enable" || verb === "disable") {
      b.operatorSpoke = true;
      this.#enable(name, verb === "enable");
      return true;
    }
    if (b.state === "disabled") return false;
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
  effective(frontend: string): [string, number, boolean][] {
    const { pools, flushOnDown } = this.#frontend(frontend);
    const active = pools.findIndex((pool) =>
      pool.backends.some(({ backend }) => this.#get(backend).state === "up")
    );
    return pools.flatMap((pool, i) =>
      pool.backends.map(({ backend }): [string, number, boolean] => {
        const { state } = this.#get(backend);
        const weight = this.weights.get(`${frontend}/${pool.name}/${backend}`) ?? NaN;
        const flush = state === "disabled" || (state === "down" && flushOnDown);
        return [backend, state === "up" && i === active ? weight : 0, flush];
      })
    );
  }

  frontendState(frontend: string): string {
    if (this.effective(frontend).some(([, weight]) => weight > 0)) return "up";
    const members = this.#frontend(frontend).pools.flatMap(({ backends }) => backends);
    return members.every(({ backend }) => this.#get(backend).state === "unknown")
      ? "unknown"
      : "down";
  }

  #adopt(config: Config): void {
    for (const { name, healthcheck, enabled } of config.backends.values()) {
      const { rise, fall, intervalMs } = config.healthchecks.get(healthcheck) ?? assert.fail();
      const check = JSON.stringify([rise, fall, intervalMs, config.netns]);
      const known = this.backends.get(name);
      // Set again, so that the order becomes the file's.
      this.backends.delete(name);
      if (known) this.backends.set(name, known);
      if (!known) {
        this.backends.set(name, {
          ...(enabled
            ? { state: "unknown", counter: rise - 1 }
            : { state: "disabled", counter: 0 }),
          ...{ rise, fall, check, fileEnabled: enabled, operatorSpoke: false, history: [] },
        });
        continue;
      }
      const isRestart = known.check !== check;
      Object.assign(known, { rise, fall, check });
      if (isRestart && this.isProbed(name)) this.#enter(name, "unknown", rise - 1);
      if (known.fileEnabled !== enabled && !known.operatorSpoke) this.#enable(name, enabled);
      known.fileEnabled = enabled;
      known.history.length = Math.min(known.history.length, config.transitionHistory);
    }
    this.weights.clear();
    for (const { name, pools } of config.frontends.values()) {
      for (const pool of pools) {
        for (const { backend, weight } of pool.backends) {
          this.weights.set(`${name}/${pool.name}/${backend}`, weight);
        }
      }
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
